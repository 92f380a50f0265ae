/**
 * Programs of which each has a back end of its own, on the package under test. C and W numbers are those of the catalogue of faults that were found in 0.1.0:
 * each test fails on it (`UPTRACE_TEST_PACKAGE=<checkout of 0.1.0> vitest run test/core`).
 */
import { type Sink, type SinkOptions, startSink } from '../faults/sink.ts'
import { type RunOptions, type RunResult, runSource } from '../support/run-node.ts'

export { attributesOf } from '../faults/sink.ts'
export { type Decoded, plain } from '../wire/proto/otlp.ts'

export interface ProgramOptions extends RunOptions {
  /** Members of the options object in code, as text, besides the DSN where none is among them; `null`: nothing is configured in code. */
  readonly options?: string | null
  readonly kind?: 'cjs' | 'mjs'
  readonly behaviour?: Sink['behaviour']
  readonly sink?: SinkOptions
  /** For a back end that changes while the program runs. */
  readonly onSink?: (sink: Sink) => void
}

export interface Ran extends RunResult {
  readonly sink: Sink
  readonly stderrLines: readonly string[]
}

const HEAD = (load: string): string => `${load}
const { configureOpentelemetry, withSpan, forceFlush, shutdown } = load('uptrace-node')
const { trace, metrics, logs, propagation, context } = load('@opentelemetry/api')
const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))
`

/** Runs `body` in a process of its own; what it needs of the package and of the API is there. `DSN` in texts is the back end's, `URL` its address. */
export async function run(body: string, options: ProgramOptions = {}): Promise<Ran> {
  const { options: inCode = '', kind = 'cjs', behaviour = 'ok', sink: sinkOptions, onSink, ...rest } = options
  const sink = await startSink(sinkOptions)
  sink.behaviour = behaviour
  onSink?.(sink)
  const fill = (text: string): string =>
    text
      .replaceAll('$DSN', sink.url.replace('://', '://t@'))
      .replaceAll('$URL', sink.url)
      .replaceAll('$PORT', String(sink.port))
  const given = /\b(?:dsn|endpoint):/.test(inCode ?? '') ? '' : `dsn: '$DSN', `
  const configured = inCode === null ? '' : `configureOpentelemetry({ ${given}runtimeMetrics: false, ${inCode} })\n`
  const load =
    kind === 'mjs'
      ? `import { createRequire } from 'node:module'; const load = createRequire(import.meta.url), require = load`
      : 'const load = require'
  const env = Object.fromEntries(Object.entries(rest.env ?? {}).map(([name, value]) => [name, fill(value)]))
  try {
    const result = await runSource(kind, fill(`${HEAD(load)}${configured}${body}`), { ...rest, env })
    return { ...result, sink, stderrLines: result.stderr.split('\n').filter(Boolean) }
  } finally {
    await sink.close().catch(() => {})
  }
}

/** Lines of ours about `about`. */
export const linesAbout = ({ stderrLines }: Ran, about: RegExp): string[] =>
  stderrLines.filter((line) => /^uptrace(-node)?:/.test(line) && about.test(line))

export const spanNames = ({ sink }: Ran): string[] => sink.items('traces').map(({ name }) => name)
