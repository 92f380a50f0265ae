/** Who calls whom: services and what they use as boxes, calls as arrows with their count, failures and p95. */
import { useSignal } from '@preact/signals'
import type { ServiceEdge, ServiceGraph } from '../../../api.ts'
import { SYSTEM_MARK, serviceClass } from '../../lib/colors.ts'
import { count, duration, percent } from '../../lib/format.ts'
import { setParams } from '../../lib/location.tsx'
import { services as chosen } from '../../lib/window.ts'
import { MapFrame } from '../../parts/map-frame.tsx'
import { layoutGraph, type PlacedEdge, type Point } from './layout.ts'

const BOX = { nodeWidth: 170, nodeHeight: 44, layerGap: 176, nodeGap: 20 }
const PAD = 14
const TEXT_WIDTH = 18

export function Graph({ graph }: { readonly graph: ServiceGraph }) {
  const hovered = useSignal<string | null>(null)
  const { edges } = graph
  const known = new Map(graph.services.map((service) => [service.service, service]))
  const ids = [...new Set([...known.keys(), ...edges.flatMap(({ from, to }) => [from, to])])]
  const systems = new Map(edges.filter(({ external }) => external).map(({ to, system }) => [to, system]))
  const layout = layoutGraph(ids, edges, BOX)
  const width = layout.width + PAD * 2
  const height = layout.height + PAD * 2
  const left = Math.min(...layout.nodes.map(({ x }) => x))
  // what is called first is in sight
  const startY = layout.nodes.find(({ x }) => x === left)?.y ?? 0
  const isLit = (...names: string[]): boolean => hovered.value === null || names.includes(hovered.value)
  return (
    <div class="graph">
      <MapFrame label="Service graph" pad={PAD} {...{ width, height, startY }}>
        <defs>
          {['calls', 'fails'].map((id) => (
            <marker key={id} id={`arrow-${id}`} viewBox="0 0 8 8" refX="7" refY="4" {...ARROW}>
              <path class={`arrow-${id}`} d="M0 0 8 4 0 8z" />
            </marker>
          ))}
        </defs>
        {layout.edges.map((placed) => (
          <Edge
            key={placed.index}
            edge={edges[placed.index]!}
            placed={placed}
            isLit={isLit(edges[placed.index]!.from, edges[placed.index]!.to)}
            labelAt={labelPlace(edges[placed.index]!, edges)}
          />
        ))}
        {layout.nodes.map(({ id, x, y }) => {
          const service = known.get(id)
          const loop = edges.find(({ from, to }) => from === id && to === id)
          return (
            <g
              key={id}
              class={`node ${service ? serviceClass(id) : 'external'} ${isLit(id, ...neighboursOf(id, edges)) ? '' : 'out'}`}
              onPointerEnter={() => (hovered.value = id)}
              onPointerLeave={() => (hovered.value = null)}
            >
              {loop && <Loop edge={loop} {...{ x, y }} />}
              {service ? (
                <ServiceBox {...{ service, x, y }} />
              ) : (
                <g transform={`translate(${x} ${y})`}>
                  <title>{`${id}, which sends no spans itself`}</title>
                  <rect width={BOX.nodeWidth} height={BOX.nodeHeight} rx={6} />
                  <text x={12} y={18} class="name">
                    {clip(withoutPrefix(id))}
                  </text>
                  <text x={12} y={34} class="facts">
                    {SYSTEM_MARK[systems.get(id) ?? 'internal'] || 'external'}
                  </text>
                </g>
              )}
            </g>
          )
        })}
      </MapFrame>
    </div>
  )
}

const ARROW = { markerWidth: 8, markerHeight: 8, markerUnits: 'userSpaceOnUse', orient: 'auto' } as const

interface BoxProps extends Point {
  readonly service: ServiceGraph['services'][number]
}

function ServiceBox({ service, x, y }: BoxProps) {
  const { service: id, calls, errors, p95Ns } = service
  const isChosen = chosen.value.includes(id)
  const failed = errors > 0 ? ` · ${percent(share(errors, calls))}` : ''
  const facts = `${id} ${count(calls)}${failed} · ${duration(p95Ns)} (calls${failed && ' · failed'} · p95)`
  const toggle = (): void => setParams({ service: isChosen ? null : id })
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      transform={`translate(${x} ${y})`}
      role="button"
      tabindex={0}
      aria-pressed={isChosen}
      onClick={toggle}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        event.stopPropagation()
        toggle()
      }}
    >
      <title>{facts}</title>
      <rect class="box" width={BOX.nodeWidth} height={BOX.nodeHeight} rx={6} />
      <rect class="stripe" width={4} height={BOX.nodeHeight - 12} x={4} y={6} rx={2} />
      <text x={16} y={18} class="name">
        {clip(id)}
      </text>
      <text x={16} y={34} class="facts">
        {count(calls)}
        {failed && <tspan class="fails">{failed}</tspan>} · {duration(p95Ns)}
      </text>
    </g>
  )
}

interface EdgeProps {
  readonly edge: ServiceEdge
  readonly placed: PlacedEdge
  readonly isLit: boolean
  /** 0..1, along the middle part. */
  readonly labelAt: number
}

function Edge({ edge, placed, isLit, labelAt }: EdgeProps) {
  const label = pointOn(placed.points, labelAt)
  const isFailing = share(edge.errors, edge.calls) > 0.01
  const strokeWidth = Math.min(4, 0.8 + Math.log10(edge.calls + 1) / 1.6)
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a shape is not interactive
    <g class={`edge ${isFailing ? 'fails' : ''} ${isLit ? '' : 'out'}`} role="img" aria-label={describe(edge)}>
      <title>{describe(edge)}</title>
      <path
        d={curve(placed.points)}
        marker-end={`url(#arrow-${isFailing ? 'fails' : 'calls'})`}
        stroke-dasharray={placed.isBack ? '5 3' : undefined}
        stroke-width={strokeWidth}
      />
      <text x={label.x} y={label.y - 4} text-anchor="middle">
        {count(edge.calls)}
        {edge.errors > 0 && <tspan class="fails"> · {percent(share(edge.errors, edge.calls))}</tspan>} ·{' '}
        {duration(edge.p95Ns)}
      </text>
    </g>
  )
}

/** Calls to itself, above the box. */
function Loop({ edge, x, y }: Point & { readonly edge: ServiceEdge }) {
  const right = x + BOX.nodeWidth
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a shape is not interactive
    <g class="edge" role="img" aria-label={describe(edge)}>
      <title>{describe(edge)}</title>
      <path
        d={`M${right - 44} ${y} C${right - 44} ${y - 16} ${right - 14} ${y - 16} ${right - 14} ${y - 1}`}
        stroke-width={1.5}
        marker-end="url(#arrow-calls)"
      />
    </g>
  )
}

const describe = ({ from, to, calls, errors, p50Ns, p95Ns }: ServiceEdge): string =>
  `${from} calls ${to}: ${count(calls)} calls, ${percent(share(errors, calls))} failed, p50 ${duration(p50Ns)}, p95 ${duration(p95Ns)}`

/** Through all points, level at each. */
function curve(points: readonly Point[]): string {
  return points.reduce((path, { x, y }, at) => {
    if (at === 0) return `M${x} ${y}`
    const last = points[at - 1]!
    const middle = (last.x + x) / 2
    return `${path} C${middle} ${last.y} ${middle} ${y} ${x} ${y}`
  }, '')
}

/** A point of the middle part, which is the one with most room. */
function pointOn(points: readonly Point[], t: number): Point {
  const middle = points.length / 2
  const [a, b] = [points[middle - 1]!, points[middle]!]
  return { x: a.x + (b.x - a.x) * (1.5 * t * (1 - t) + t ** 3), y: a.y + (b.y - a.y) * (3 - 2 * t) * t * t }
}

/** Away from the end where more edges meet, so that labels stand apart. */
function labelPlace({ from, to }: ServiceEdge, edges: readonly ServiceEdge[]): number {
  const out = edges.filter((edge) => edge.from === from).length
  const into = edges.filter((edge) => edge.to === to).length
  return out > into ? 0.6 : out < into ? 0.4 : 0.5
}

const neighboursOf = (id: string, edges: readonly ServiceEdge[]): string[] =>
  edges.flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : []))
const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)
const withoutPrefix = (id: string): string => id.replace(/^[a-z]+:/, '')
const clip = (text: string): string => (text.length > TEXT_WIDTH ? `${text.slice(0, TEXT_WIDTH - 1)}…` : text)
