/** The layered layout of the service graph. */
import { expect, test } from 'vitest'
import { type LayoutEdge, layoutGraph } from '../../../src/viewer/ui/pages/services/layout.ts'

const BOX = { nodeWidth: 100, nodeHeight: 40, layerGap: 60, nodeGap: 10 }
const edge = (text: string): LayoutEdge => {
  const [from, to] = text.split('>') as [string, string]
  return { from, to }
}
const layersOf = (ids: string, edges: string): Record<string, number> =>
  Object.fromEntries(
    layoutGraph(ids.split(' '), edges.split(' ').filter(Boolean).map(edge), BOX).nodes.map(({ id, layer }) => [
      id,
      layer,
    ]),
  )

test.for<readonly [title: string, ids: string, edges: string, layers: Record<string, number>]>([
  ['a chain goes to the right', 'a b c', 'a>b b>c', { a: 0, b: 1, c: 2 }],
  ['the longest way decides', 'a b c', 'a>b b>c a>c', { a: 0, b: 1, c: 2 }],
  ['a cycle is cut where it closes', 'a b c', 'a>b b>c c>a', { a: 0, b: 1, c: 2 }],
  ['a cycle behind an entry starts at the entry', 'x y entry', 'entry>x x>y y>x', { entry: 0, x: 1, y: 2 }],
  ['two that call each other are neighbours', 'a b', 'a>b b>a', { a: 0, b: 1 }],
  ['a self loop changes nothing', 'a b', 'a>a a>b', { a: 0, b: 1 }],
  ['nodes without edges stay in the first layer', 'a b', '', { a: 0, b: 0 }],
  ['an edge to an unknown node is left out', 'a', 'a>ghost', { a: 0 }],
])('%s', ([, ids, edges, layers]) => {
  expect(layersOf(ids, edges)).toEqual(layers)
})

test('marks the edge that closes a cycle and draws it from its source to its target', () => {
  const { nodes, edges } = layoutGraph(['a', 'b', 'c'], ['a>b', 'b>c', 'c>a'].map(edge), BOX)
  const back = edges.find(({ index }) => index === 2)!
  expect(edges.map(({ isBack }) => isBack)).toEqual([false, false, true])
  const x = (id: string) => nodes.find((node) => node.id === id)!.x
  expect(back.points[0]!.x).toBe(x('c'))
  expect(back.points.at(-1)!.x).toBe(x('a') + BOX.nodeWidth)
})

test('nodes of one layer never overlap and all lie within the size given', () => {
  const ids = Array.from({ length: 40 }, (_, index) => `n${index}`)
  let seed = 1
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed / 2147483648
  }
  const edges = Array.from({ length: 120 }, () => ({
    from: ids[Math.floor(random() * 40)]!,
    to: ids[Math.floor(random() * 40)]!,
  }))
  const { nodes, width, height, edges: placed } = layoutGraph(ids, edges, BOX)
  for (const a of nodes)
    for (const b of nodes)
      if (a.id < b.id && a.layer === b.layer) expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(BOX.nodeHeight - 1e-6)
  for (const { x, y } of [...nodes, ...placed.flatMap(({ points }) => points)]) {
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x).toBeLessThanOrEqual(width)
    expect(y).toBeGreaterThanOrEqual(-1e-6)
    expect(y).toBeLessThanOrEqual(height + 1e-6)
  }
  expect(placed).toHaveLength(edges.filter(({ from, to }) => from !== to).length)
})
