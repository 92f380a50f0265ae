/** A program under our instrumentations and under OpenTelemetry's, which are used where an instrumentation is given any setting. */
import { expect } from 'vitest'
import { startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf, type Decoded } from '../wire/proto/otlp.ts'

export interface SpanSeen {
  name: string
  readonly kind: number
  readonly scope: string
  readonly parent: string
  readonly status: { code?: number; message?: string }
  readonly attributes: Record<string, unknown>
  readonly events: readonly unknown[]
}
export interface PointSeen {
  readonly name: string
  readonly unit: string
  readonly description: string
  readonly attributes: Record<string, unknown>
  readonly count: string
  readonly bounds: readonly number[]
}
export interface Outcome {
  readonly spans: readonly SpanSeen[]
  readonly points: readonly PointSeen[]
  /** What the program printed, line by line. */
  readonly lines: readonly string[]
}
export type Way = 'cjs' | 'mjs' | 'late'

const CONFIGURE = `configureOpentelemetry({ dsn: 'http://t@127.0.0.1:' + process.env.SINK, instrumentations: JSON.parse(process.env.INSTRUMENTATIONS), runtimeMetrics: false, metricExportIntervalMillis: 600000, ...JSON.parse(process.env.OPTIONS) })`

/** How the program gets at its libraries: each `[variable, package]`. */
export function programOf(way: Way, libraries: readonly (readonly [string, string])[], body: string): string {
  const requires = libraries.map(([name, from]) => `const ${name} = require('${from}')`).join('\n')
  const run = `;(async () => {\n${body}\n})().then(() => shutdown()).then(() => process.exit(), (error) => { console.error(error); process.exit(1) })`
  const api = `const { context, trace, propagation, ROOT_CONTEXT } = require('@opentelemetry/api')`
  const door = `const { configureOpentelemetry, shutdown } = require('uptrace-node')`
  if (way === 'cjs') return [door, CONFIGURE, api, requires, run].join('\n')
  if (way === 'late') return [requires, door, CONFIGURE, api, run].join('\n')
  const imports = libraries.map(
    ([name, from]) => `const ${name} = await import('${from}').then((all) => all.default ?? all)`,
  )
  return [
    `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)`,
    `import { configureOpentelemetry, shutdown } from 'uptrace-node'`,
    CONFIGURE,
    api,
    ...imports,
    run,
  ].join('\n')
}

export async function runUnder(
  instrumentations: object,
  way: Way,
  source: string,
  more: { readonly options?: object; readonly env?: Record<string, string> } = {},
): Promise<Outcome> {
  const sink = await startSink()
  try {
    const env = {
      ...more.env,
      SINK: String(sink.port),
      INSTRUMENTATIONS: JSON.stringify(instrumentations),
      OPTIONS: JSON.stringify(more.options ?? {}),
    }
    const { code, stderr, stdout } = await runSource(way === 'mjs' ? 'mjs' : 'cjs', source, {
      env,
      timeoutMillis: 90_000,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const scopes = sink.received
      .filter(({ signal }) => signal === 'traces')
      .flatMap(({ request }) => request.resourceSpans.flatMap(({ scopeSpans }: Decoded) => scopeSpans as Decoded[]))
    const spans = scopes.flatMap(({ scope, spans }) =>
      spans.map((span: Decoded) => ({ ...span, scope: `${scope?.name}@${scope?.version}` })),
    )
    const nameOf = new Map<string, string>(spans.map(({ spanId, name }: Decoded) => [spanId, name]))
    return {
      spans: spans.map((span: Decoded) => read(span, nameOf)),
      points: sink.items('metrics').flatMap(pointsOf),
      lines: stdout.split('\n').filter((line) => line !== ''),
    }
  } finally {
    await sink.close()
  }
}

function read(span: Decoded, nameOf: Map<string, string>): SpanSeen {
  return {
    name: span.name,
    kind: span.kind,
    scope: span.scope ?? '',
    parent: span.parentSpanId ? (nameOf.get(span.parentSpanId) ?? 'unknown') : 'none',
    status: span.status ?? {},
    attributes: attributesOf(span),
    events: (span.events ?? []).map((event: Decoded) => [event.name, attributesOf(event)['exception.message']]),
  }
}

function pointsOf(metric: Decoded): PointSeen[] {
  if (!metric.histogram || metric.name.startsWith('otel.')) return []
  return metric.histogram.dataPoints.map((point: Decoded) => ({
    name: metric.name,
    unit: metric.unit,
    description: metric.description,
    attributes: attributesOf(point),
    count: String(point.count),
    bounds: point.explicitBounds,
  }))
}

/** For comparing: objects whose keys are in order, as text. */
export const sorted = (items: readonly object[]): string[] => items.map((item) => JSON.stringify(order(item))).sort()

function order(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, order(inner)]),
  )
}

/** Likewise, without what another run has otherwise: ephemeral ports. */
export const comparable = (items: readonly object[]): string[] =>
  sorted(items)
    .map((text) =>
      text
        .replace(/"network.peer.port":\d+/, '"network.peer.port":0')
        .replace(/"server.port":\d{5}/, '"server.port":0')
        .replace(/:\d{5}\b/g, ':PORT'),
    )
    .sort()
