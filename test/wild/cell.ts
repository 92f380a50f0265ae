/** One row of docs/libraries.md: the program of a library, run in six ways. */

import { startSink } from '../faults/sink.ts'
import { programOf } from '../matrix/cell.ts'
import { runSource } from '../support/run-node.ts'
import type { Decoded } from '../wire/proto/otlp.ts'
import type { WildLibrary } from './libraries.ts'
import type { Cell, Row } from './page.ts'

export const WAYS = (['ESM', 'CJS'] as const).flatMap((system) =>
  (['before', 'after', '--import'] as const).map((moment) => ({ system, moment })),
)
interface Place {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}
interface Seen {
  readonly spans: ReadonlySet<string>
  readonly failure: string | undefined
  readonly isWarned: boolean
}
const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer']

export async function runCell(library: WildLibrary, version: string, place: Place): Promise<Row> {
  const seen: Seen[] = []
  for (const way of WAYS) seen.push(await run(library, way, place))
  const names = [...new Set(seen.filter((_, index) => index % 3 === 2).flatMap(({ spans }) => [...spans]))]
  const cells = seen.map((one): Cell => {
    if (one.failure !== undefined) return '-'
    const count = names.filter((name) => one.spans.has(name)).length
    if (count === names.length) return names.length === 0 ? 'no' : 'yes'
    return one.isWarned ? 'warned' : count > 0 ? 'part' : 'no'
  })
  for (const [index, { failure }] of seen.entries())
    if (failure !== undefined)
      console.log(`      ${library.name}, ${Object.values(WAYS[index]!).join(' ')}: ${failure}`)
  return { name: library.name, version, cells, spans: describe(names) }
}

async function run(
  library: WildLibrary,
  { system, moment }: (typeof WAYS)[number],
  { folder, env }: Place,
): Promise<Seen> {
  const sink = await startSink()
  try {
    const dsn = `http://t@127.0.0.1:${sink.port}`
    const isPreloaded = moment === '--import'
    const result = await runSource(system === 'ESM' ? 'mjs' : 'cjs', programOf(library, system, moment, dsn), {
      flags: isPreloaded ? ['--import', 'uptrace-node/register'] : [],
      env: { ...env, ...(isPreloaded && { UPTRACE_DSN: dsn }) },
      timeoutMillis: 60_000,
      home: `${folder}/programs`,
    })
    const spans = new Set(sink.received.flatMap(({ signal, request }) => (signal === 'traces' ? namesOf(request) : [])))
    const trace = sink.items('traces').find(({ name }) => name === 'work')?.traceId
    if (sink.items('logs').some(({ traceId }) => traceId === trace)) spans.add('log log record')
    const [reason] = /^.*(?:Error|error).*$/m.exec(result.stderr) ?? [result.stderr.slice(0, 200)]
    return {
      spans,
      failure: result.code === 0 ? undefined : `exit code ${result.code ?? result.signal}, ${reason}`,
      isWarned: /^uptrace: .*(?:not traced|not known)/m.test(result.stderr),
    }
  } finally {
    await sink.close()
  }
}

/** `scope name (kind)`. */
function namesOf(request: Decoded): string[] {
  return request.resourceSpans.flatMap(({ scopeSpans }: Decoded) =>
    scopeSpans.flatMap(({ scope, spans }: Decoded) =>
      spans
        .filter(({ name }: Decoded) => name !== 'work')
        .map(
          ({ name, kind }: Decoded) =>
            `${scope.name.replace(/^.*\/(?:instrumentation-)?/, '')} ${stable(name)} (${KINDS[kind]})`,
        ),
    ),
  )
}

/** Without numbers that are others each time. */
const stable = (name: string): string => name.replace(/amq\.gen-\S+|wild-\d+/g, '…').replaceAll('|', '/')

/** The library's own spans; those of the requests that it makes or serves, where there are no others. */
function describe(names: readonly string[]): string {
  const isOfHttp = (name: string): boolean => /^(?:http|undici) (?:[A-Z]+|tcp\.\S+) \((?:server|client)\)$/.test(name)
  const own = names.filter((name) => !isOfHttp(name))
  if (names.length === 0) return 'not traced'
  const shown = own.length > 0 ? own : names
  const text = [
    ...new Set(shown.map((name) => `\`${name.slice(name.indexOf(' ') + 1).replace(/ \((\w+)\)$/, '` $1')}`)),
  ].sort()
  return `${own.length > 0 ? '' : 'http only: '}${text.join(', ')}`
    .replaceAll('log record`', 'log record')
    .replaceAll('`log record', 'log record')
}
