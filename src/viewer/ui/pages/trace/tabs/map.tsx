/** Services of the trace and the calls between them. */
import { useMemo } from 'preact/hooks'
import type { SpanRow } from '../../../../api.ts'
import { serviceClass } from '../../../lib/colors.ts'
import { count, duration, plural } from '../../../lib/format.ts'
import { MapFrame } from '../../../parts/map-frame.tsx'
import type { TraceState } from '../state.ts'

const PAD = 10
const NODE = { width: 190, height: 46, gapX: 110, gapY: 22 }

interface Node {
  readonly service: string
  spans: number
  errors: number
  selfNs: number
  /** Steps from a service that nothing calls. */
  layer: number
  x: number
  y: number
}
interface Edge {
  readonly from: Node
  readonly to: Node
  calls: number
  errors: number
  totalNs: number
}

export function MapTab({ state }: { readonly state: TraceState }) {
  const { spans } = state.detail.value
  const { nodes, edges, width, height } = useMemo(() => graphOf(spans), [spans])
  return (
    <div class="tab-scroll trace-map">
      <MapFrame label="Services of the trace" pad={PAD} startY={nodes[0]?.y ?? 0} {...{ width, height }}>
        {edges.map((edge) => (
          <EdgeLine key={`${edge.from.service}\n${edge.to.service}`} edge={edge} />
        ))}
        {nodes.map((node) => (
          <g
            key={node.service}
            class={`map-node ${serviceClass(node.service)}`}
            transform={`translate(${node.x} ${node.y})`}
          >
            <title>{node.service}</title>
            <rect width={NODE.width} height={NODE.height} rx={6} />
            <rect class="mark" width={4} height={NODE.height} rx={2} />
            <text x={14} y={19} class="name">
              {node.service.length > 20 ? `${node.service.slice(0, 19)}…` : node.service}
            </text>
            <text x={14} y={36}>
              {plural(node.spans, 'span')} · {duration(node.selfNs)}
              {node.errors > 0 && <tspan class="bad"> · {node.errors} failed</tspan>}
            </text>
          </g>
        ))}
      </MapFrame>
      {edges.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Caller</th>
              <th scope="col">Called</th>
              <th scope="col" class="num">
                Calls
              </th>
              <th scope="col" class="num">
                Errors
              </th>
              <th scope="col" class="num">
                Time
              </th>
            </tr>
          </thead>
          <tbody>
            {edges.map(({ from, to, calls, errors, totalNs }) => (
              <tr key={`${from.service}\n${to.service}`}>
                <td>{from.service}</td>
                <td>{to.service}</td>
                <td class="num">{count(calls)}</td>
                <td class={errors > 0 ? 'num error' : 'num dim'}>{count(errors)}</td>
                <td class="num">{duration(totalNs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}

function EdgeLine({ edge: { from, to, calls, errors } }: { readonly edge: Edge }) {
  const isBack = to.layer <= from.layer
  const startX = from.x + (isBack ? NODE.width / 2 : NODE.width)
  const startY = from.y + (isBack ? NODE.height : NODE.height / 2)
  const endX = to.x + (isBack ? NODE.width / 2 : 0)
  const endY = to.y + (isBack ? NODE.height : NODE.height / 2)
  const bend = NODE.gapX / 2
  const d = isBack
    ? `M${startX} ${startY}C${startX} ${startY + 50} ${endX} ${endY + 50} ${endX} ${endY}`
    : `M${startX} ${startY}C${startX + bend} ${startY} ${endX - bend} ${endY} ${endX} ${endY}`
  return (
    <g class={errors > 0 ? 'map-edge bad' : 'map-edge'}>
      <path d={d} />
      <circle cx={endX} cy={endY} r={3} />
      <text x={(startX + endX) / 2} y={(startY + endY) / 2 - 5 + (isBack ? 42 : 0)}>
        {count(calls)}
        {errors > 0 && ` (${count(errors)} failed)`}
      </text>
    </g>
  )
}

function graphOf(spans: readonly SpanRow[]): { nodes: Node[]; edges: Edge[]; width: number; height: number } {
  const nodes = new Map<string, Node>()
  const edges = new Map<string, Edge>()
  for (const span of spans) {
    let node = nodes.get(span.service)
    if (node === undefined) {
      node = { service: span.service, spans: 0, errors: 0, selfNs: 0, layer: 0, x: 0, y: 0 }
      nodes.set(span.service, node)
    }
    node.spans++
    if (span.error) node.errors++
    node.selfNs += span.selfNs
    const parent = spans[span.parentIndex]
    if (parent === undefined || parent.service === span.service) continue
    const key = `${parent.service}\n${span.service}`
    let edge = edges.get(key)
    if (edge === undefined) {
      edge = { from: nodes.get(parent.service)!, to: node, calls: 0, errors: 0, totalNs: 0 }
      // Spans come from the root down, so a service that is first seen here lies right of its caller; cycles cannot grow it.
      if (node.spans === 1) node.layer = edge.from.layer + 1
      edges.set(key, edge)
    }
    edge.calls++
    if (span.error) edge.errors++
    edge.totalNs += span.durationNs
  }
  const layers = Map.groupBy(nodes.values(), ({ layer }) => layer)
  const most = Math.max(1, ...[...layers.values()].map(({ length }) => length))
  for (const [layer, members] of layers) {
    const offset = ((most - members.length) * (NODE.height + NODE.gapY)) / 2
    for (const [at, node] of members.entries()) {
      node.x = layer * (NODE.width + NODE.gapX)
      node.y = offset + at * (NODE.height + NODE.gapY)
    }
  }
  const width = PAD * 2 + layers.size * (NODE.width + NODE.gapX) - NODE.gapX
  return {
    nodes: [...nodes.values()],
    edges: [...edges.values()],
    width,
    // arrows back hang below the last row
    height: PAD * 2 + most * (NODE.height + NODE.gapY) + 20,
  }
}
