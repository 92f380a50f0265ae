/** Programs that print the spans they made, and whatever else they print, as JSON lines. */
import path from 'node:path'
import { expect } from 'vitest'
import { type RunOptions, runSource } from '../support/run-node.ts'

export interface SeenSpan {
  readonly name: string
  readonly kind: number
  readonly id: string
  readonly parent: string | undefined
  readonly trace: string
  readonly scope: string
  readonly status: { readonly code: number; readonly message?: string }
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly string[]
  /** Ids of the spans that it is linked to. */
  readonly links: readonly string[]
}
export interface Seen {
  readonly spans: readonly SeenSpan[]
  readonly lines: readonly string[]
  readonly stderr: string
  readonly code: number | null
}

/** Sets `configure` up; the program calls it, and prints its own lines by `print`. */
const PRELUDE = `
const print = (value) => process.stdout.write('LINE ' + JSON.stringify(value) + '\\n')
const collector = { onStart() {}, forceFlush: async () => {}, shutdown: async () => {}, onEnd(span) {
  const { traceId: trace, spanId: id } = span.spanContext()
  process.stdout.write('SPAN ' + JSON.stringify({ name: span.name, kind: span.kind, id, trace, parent: span.parentSpanContext?.spanId, scope: span.instrumentationScope.name.replace('@opentelemetry/instrumentation-', ''), status: span.status, attributes: span.attributes, events: span.events.map(({ name }) => name), links: span.links.map((link) => link.context.spanId) }) + '\\n')
} }
const configure = (more) => configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', delivery: { exitFlush: false, shutdownTimeoutMillis: 1 }, metricsEnabled: false, runtimeMetrics: false, spanProcessors: [collector], ...more })
const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis))
`
const HEAD = {
  cjs: `const { configureOpentelemetry, shutdown } = require('uptrace-node')${PRELUDE}`,
  mjs: `import { configureOpentelemetry, shutdown } from 'uptrace-node'; import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)${PRELUDE}`,
}

export async function see(kind: 'cjs' | 'mjs', source: string, options: RunOptions = {}): Promise<Seen> {
  // nothing listens at the DSN: a program that takes long on a busy machine must not try to send
  const env = { OTEL_BSP_SCHEDULE_DELAY: '120000', OTEL_BLRP_SCHEDULE_DELAY: '120000', ...options.env }
  const { stdout, stderr, code } = await runSource(kind, `${HEAD[kind]}\n${source}`, { ...options, env })
  const rest = (prefix: string): string[] =>
    stdout.split('\n').flatMap((line) => (line.startsWith(prefix) ? [line.slice(prefix.length)] : []))
  return {
    spans: rest('SPAN ').map((text) => JSON.parse(text) as SeenSpan),
    lines: rest('LINE ').map((text) => JSON.parse(text) as string),
    stderr,
    code,
  }
}

/** Likewise, of a program that has nothing to complain of. */
export async function seeQuiet(kind: 'cjs' | 'mjs', source: string, options: RunOptions = {}): Promise<Seen> {
  const seen = await see(kind, source, options)
  expect({ code: seen.code, stderr: seen.stderr }).toEqual({ code: 0, stderr: '' })
  return seen
}

export const nodeModule = (name: string): string => path.join(import.meta.dirname, '../../node_modules', name)
