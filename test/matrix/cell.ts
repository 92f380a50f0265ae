/** One cell of the matrix: a library, a module system, a moment of configuration; runs it and says what came of it. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import type { Decoded } from '../wire/proto/otlp.ts'
import type { Library } from './libraries.ts'

export const MODULES = ['ESM', 'CJS'] as const
export const MOMENTS = ['before', 'after', '--import', '-r'] as const
export type ModuleSystem = (typeof MODULES)[number]
export type Moment = (typeof MOMENTS)[number]

export interface Outcome {
  /** `traced`, a `warning` that names the package, or `silent`, which is a failure. */
  readonly kind: 'traced' | 'warning' | 'silent'
  readonly detail: string
}

export async function runCell(library: Library, system: ModuleSystem, moment: Moment, node?: string): Promise<Outcome> {
  const sink = await startSink()
  const target = await startTarget()
  try {
    const dsn = `http://t@127.0.0.1:${sink.port}`
    const flags = moment === '--import' || moment === '-r' ? [moment, 'uptrace-node/register'] : []
    const env = {
      TARGET: `http://127.0.0.1:${(target.address() as AddressInfo).port}`,
      ...(flags.length > 0 && { UPTRACE_DSN: dsn }),
    }
    const source = programOf(library, system, moment, dsn)
    const result = await runSource(system === 'ESM' ? 'mjs' : 'cjs', source, { flags, env, ...(node && { node }) })
    const spans = sink.received.flatMap(({ signal, request }) => (signal === 'traces' ? describeSpans(request) : []))
    const trace = sink.items('traces').find(({ name }) => name === 'work')?.traceId
    if (sink.items('logs').some(({ traceId }) => traceId === trace)) spans.push('log')
    const missing = library.traced.filter((pattern) => !spans.some((span) => pattern.test(span)))
    if (result.code !== 0) return { kind: 'silent', detail: `exit code ${result.code}: ${result.stderr.slice(0, 600)}` }
    if (missing.length === 0) return { kind: 'traced', detail: '' }
    const packages = Object.keys(library.imports).map((name) => name.replace('node:', ''))
    const warning = result.stderr
      .split('\n')
      .find((line) => line.startsWith('uptrace:') && packages.some((name) => line.includes(name)))
    return warning
      ? { kind: 'warning', detail: warning }
      : { kind: 'silent', detail: `no ${missing.join(', ')} in [${spans.join(' | ')}] ${result.stderr.slice(0, 300)}` }
  } finally {
    target.close()
    await sink.close()
  }
}

/** The source of a program that configures, and does the work of the library in a span. */
export function programOf(
  library: Pick<Library, 'imports' | 'work'>,
  system: ModuleSystem,
  moment: Moment,
  dsn: string,
): string {
  const configure =
    moment === 'before' || moment === 'after' ? `configureOpentelemetry({ dsn: '${dsn}', metricsEnabled: false })` : ''
  const work = `await withSpan('work', async () => { ${library.work} }); await shutdown()`
  const entries = Object.entries(library.imports)
  if (system === 'CJS') {
    const own = `const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node')`
    const theirs = entries.map(([from, name]) => `const ${name} = require('${from}')`).join('\n')
    const order = moment === 'before' ? [theirs, own, configure] : [own, configure, theirs]
    return `${order.join('\n')}\n;(async () => { ${work} })()`
  }
  const own = `import { configureOpentelemetry, withSpan, shutdown } from 'uptrace-node'`
  const theirs = entries.map(([from, name]) => `import ${name} from '${from}'`).join('\n')
  // static imports run before any statement, so "after" has to be a dynamic one
  const late = entries
    .map(([from, name]) => `const ${name.startsWith('{') ? name : `{ default: ${name} }`} = await import('${from}')`)
    .join('\n')
  const order = moment === 'after' ? [own, configure, late] : [theirs, own, configure]
  return `${order.join('\n')}\n${work}`
}

function describeSpans(request: Decoded): string[] {
  return request.resourceSpans.flatMap(({ scopeSpans }: Decoded) =>
    scopeSpans.flatMap(({ scope, spans }: Decoded) =>
      spans.map((span: Decoded) => `${scope.name} ${span.kind} ${span.name}`),
    ),
  )
}

function startTarget(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1', () =>
      resolve(server),
    )
  })
}
