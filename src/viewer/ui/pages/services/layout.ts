/** Places a directed graph in layers from left to right; cycles and self loops are fine. Pure. */

export interface LayoutEdge {
  readonly from: string
  readonly to: string
}
export interface LayoutOptions {
  readonly nodeWidth: number
  readonly nodeHeight: number
  readonly layerGap: number
  readonly nodeGap: number
}
export interface Point {
  readonly x: number
  readonly y: number
}
export interface PlacedNode extends Point {
  readonly id: string
  readonly layer: number
}
export interface PlacedEdge {
  /** Position in the edges given. */
  readonly index: number
  /** From the source to the target. */
  readonly points: readonly Point[]
  /** Runs from right to left: it closes a cycle. */
  readonly isBack: boolean
}
export interface Layout {
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
  readonly width: number
  readonly height: number
}

/** A node, or a bend of an edge that passes through a layer. */
interface Cell {
  readonly id: string | null
  readonly layer: number
  readonly before: Cell[]
  readonly after: Cell[]
  order: number
  y: number
}

const SWEEPS = 12
/** A bend needs less room than a node. */
const BEND_SHARE = 0.35

export function layoutGraph(ids: readonly string[], edges: readonly LayoutEdge[], options: LayoutOptions): Layout {
  const known = new Set(ids)
  const links = edges
    .map(({ from, to }, index) => ({ from, to, index }))
    .filter(({ from, to }) => from !== to && known.has(from) && known.has(to))
  const back = findBackEdges(ids, links)
  const forward = links.map((link) => (back.has(link.index) ? { ...link, from: link.to, to: link.from } : link))
  const layerOf = assignLayers(ids, forward)
  const { layers, cells, chains } = createCells(ids, forward, layerOf)
  orderLayers(layers)
  placeCells(layers, options)
  const height = Math.max(0, ...layers.flat().map((cell) => cell.y + roomOf(cell, options)))
  const x = (layer: number): number => layer * (options.nodeWidth + options.layerGap)
  const placed = chains.map(({ index, chain }) => ({ index, isBack: back.has(index), chain }))
  const ports = assignPorts(cells, placed, options)
  return {
    nodes: ids.map((id) => ({ id, layer: layerOf.get(id)!, x: x(layerOf.get(id)!), y: cells.get(id)!.y })),
    edges: placed.map(({ index, isBack, chain }) => {
      const points = [
        { x: x(chain[0]!.layer) + options.nodeWidth, y: ports.get(`out ${index}`)! },
        ...chain.slice(1, -1).flatMap(({ layer, y }) => {
          const middle = y + (options.nodeHeight * BEND_SHARE) / 2
          return [
            { x: x(layer), y: middle },
            { x: x(layer) + options.nodeWidth, y: middle },
          ]
        }),
        { x: x(chain.at(-1)!.layer), y: ports.get(`in ${index}`)! },
      ]
      return { index, isBack, points: isBack ? points.reverse() : points }
    }),
    width: layers.length === 0 ? 0 : x(layers.length - 1) + options.nodeWidth,
    height,
  }
}

type Link = LayoutEdge & { readonly index: number }

/** Depth first from the nodes that nothing calls; an edge to a node still being visited closes a cycle. */
function findBackEdges(ids: readonly string[], links: readonly Link[]): Set<number> {
  const outgoing = groupBy(links, ({ from }) => from)
  const called = new Set(links.map(({ to }) => to))
  const state = new Map<string, 'open' | 'done'>()
  const back = new Set<number>()
  const starts = [...ids.filter((id) => !called.has(id)), ...ids]
  for (const start of starts) {
    if (state.has(start)) continue
    const stack = [{ id: start, next: 0 }]
    state.set(start, 'open')
    while (stack.length > 0) {
      const top = stack.at(-1)!
      const link = outgoing.get(top.id)?.[top.next++]
      if (link === undefined) {
        state.set(top.id, 'done')
        stack.pop()
      } else if (state.get(link.to) === 'open') back.add(link.index)
      else if (!state.has(link.to)) {
        state.set(link.to, 'open')
        stack.push({ id: link.to, next: 0 })
      }
    }
  }
  return back
}

/** The longest way from a node that nothing calls. `links` has no cycles. */
function assignLayers(ids: readonly string[], links: readonly Link[]): Map<string, number> {
  const layers = new Map(ids.map((id) => [id, 0]))
  const outgoing = groupBy(links, ({ from }) => from)
  const open = new Map<string, number>()
  for (const { to } of links) open.set(to, (open.get(to) ?? 0) + 1)
  const ready = ids.filter((id) => !open.has(id))
  for (const id of ready)
    for (const { to } of outgoing.get(id) ?? []) {
      layers.set(to, Math.max(layers.get(to)!, layers.get(id)! + 1))
      const left = open.get(to)! - 1
      open.set(to, left)
      if (left === 0) ready.push(to)
    }
  return layers
}

function createCells(ids: readonly string[], links: readonly Link[], layerOf: ReadonlyMap<string, number>) {
  const layers: Cell[][] = []
  const create = (id: string | null, layer: number): Cell => {
    while (layers.length <= layer) layers.push([])
    const cell: Cell = { id, layer, before: [], after: [], order: layers[layer]!.length, y: 0 }
    layers[layer]!.push(cell)
    return cell
  }
  const cells = new Map(ids.map((id) => [id, create(id, layerOf.get(id)!)]))
  const chains = links.map(({ from, to, index }) => {
    const chain = [cells.get(from)!]
    for (let layer = layerOf.get(from)! + 1; layer < layerOf.get(to)!; layer++) chain.push(create(null, layer))
    chain.push(cells.get(to)!)
    for (let at = 1; at < chain.length; at++) {
      chain[at - 1]!.after.push(chain[at]!)
      chain[at]!.before.push(chain[at - 1]!)
    }
    return { index, chain }
  })
  return { layers, cells, chains }
}

/** Fewer crossings: each cell moves to the mean place of its neighbours, layer by layer, to and fro. */
function orderLayers(layers: readonly Cell[][]): void {
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0
    for (const layer of isDown ? layers : layers.toReversed()) {
      const wish = new Map(
        layer.map((cell) => [cell, mean((isDown ? cell.before : cell.after).map(({ order }) => order)) ?? cell.order]),
      )
      layer.sort((a, b) => wish.get(a)! - wish.get(b)!)
      for (const [order, cell] of layer.entries()) cell.order = order
    }
  }
}

/** Keeps the order and a gap, and draws cells towards their neighbours. */
function placeCells(layers: readonly Cell[][], options: LayoutOptions): void {
  for (const layer of layers) {
    let y = 0
    for (const cell of layer) {
      cell.y = y
      y += roomOf(cell, options) + options.nodeGap
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const layer of sweep % 2 === 0 ? layers : layers.toReversed()) settle(layer, options)
  const top = Math.min(0, ...layers.flat().map(({ y }) => y))
  for (const cell of layers.flat()) cell.y -= top
  const first = Math.min(...layers.flat().map(({ y }) => y))
  for (const cell of layers.flat()) cell.y -= Number.isFinite(first) ? first : 0
}

function settle(layer: readonly Cell[], options: LayoutOptions): void {
  const center = (cell: Cell): number => cell.y + roomOf(cell, options) / 2
  const wishes = layer.map((cell) => {
    const wish = mean([...cell.before, ...cell.after].map(center))
    return wish === undefined ? cell.y : wish - roomOf(cell, options) / 2
  })
  const down: number[] = []
  const up: number[] = []
  let least = Number.NEGATIVE_INFINITY
  for (const [at, cell] of layer.entries()) {
    down[at] = Math.max(wishes[at]!, least)
    least = down[at] + roomOf(cell, options) + options.nodeGap
  }
  let most = Number.POSITIVE_INFINITY
  for (let at = layer.length - 1; at >= 0; at--) {
    const room = roomOf(layer[at]!, options)
    up[at] = Math.min(wishes[at]!, most - room)
    most = up[at]! - options.nodeGap
  }
  // both keep the gaps, and so does their mean
  for (const [at, cell] of layer.entries()) cell.y = (down[at]! + up[at]!) / 2
}

/** Where edges touch a node: spread over its side in the order of their other ends. */
function assignPorts(
  cells: ReadonlyMap<string, Cell>,
  edges: readonly { readonly index: number; readonly chain: readonly Cell[] }[],
  { nodeHeight }: LayoutOptions,
): Map<string, number> {
  const ports = new Map<string, number>()
  for (const cell of cells.values())
    for (const side of ['out', 'in'] as const) {
      const touching = edges
        .filter(({ chain }) => (side === 'out' ? chain[0] : chain.at(-1)) === cell)
        .sort((a, b) => neighbour(a.chain, side).y - neighbour(b.chain, side).y)
      for (const [at, { index }] of touching.entries())
        ports.set(`${side} ${index}`, cell.y + (nodeHeight * (at + 1)) / (touching.length + 1))
    }
  return ports
}

const neighbour = (chain: readonly Cell[], side: 'in' | 'out'): Cell => chain.at(side === 'out' ? 1 : -2)!
const roomOf = ({ id }: Cell, { nodeHeight }: LayoutOptions): number =>
  id === null ? nodeHeight * BEND_SHARE : nodeHeight

const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
