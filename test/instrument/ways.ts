/** One program as people write it: bare, configured before its libraries load (CommonJS, ES modules) and after. What it prints must not differ. */
import { expect } from 'vitest'
import type { RunOptions } from '../support/run-node.ts'
import { type Seen, type SeenSpan, see } from './support.ts'

export type Way = 'cjs' | 'mjs' | 'late'

export interface Program {
  /** Variable, package and, for a named export, its name. */
  readonly libraries: ReadonlyArray<readonly [variable: string, from: string, name?: string]>
  /** Runs in an async function; prints what is compared by `print`. */
  readonly body: string
  /** Options of `configureOpentelemetry`, as source. */
  readonly options?: string
  readonly run?: RunOptions
  /** @default all */
  readonly ways?: readonly Way[]
}

export const ALL_WAYS: readonly Way[] = ['cjs', 'mjs', 'late']

/** @returns what was seen in each way; the lines of all are those of the bare program */
export async function runWays(program: Program): Promise<ReadonlyMap<Way, Seen>> {
  const bare = await see('cjs', sourceOf(program, 'bare'), program.run)
  expect({ code: bare.code, stderr: bare.stderr }).toEqual({ code: 0, stderr: '' })
  expect(bare.spans).toEqual([])
  const seen = new Map<Way, Seen>()
  for (const way of program.ways ?? ALL_WAYS) {
    const one = await see(way === 'mjs' ? 'mjs' : 'cjs', sourceOf(program, way), program.run)
    expect({ way, code: one.code, stderr: one.stderr, lines: one.lines }).toEqual({
      way,
      code: 0,
      stderr: '',
      lines: bare.lines,
    })
    seen.set(way, one)
  }
  return seen
}

function sourceOf({ libraries, body, options = '' }: Program, way: Way | 'bare'): string {
  const take = (name?: string): string => (name === undefined ? '' : `.${name}`)
  const requires = libraries.map(([variable, from, name]) => `const ${variable} = require('${from}')${take(name)}`)
  const imports = libraries.map(
    ([variable, from, name]) =>
      `const ${variable} = await import('${from}').then((all) => ${name === undefined ? 'all.default ?? all' : `all.${name}`})`,
  )
  const api = `const { context, trace, ROOT_CONTEXT } = require('@opentelemetry/api'); const tracer = trace.getTracer('app')`
  const inSpan = `const inSpan = (name, run) => tracer.startActiveSpan(name, async (span) => { try { return await run() } finally { span.end() } })`
  const start = way === 'bare' ? '' : `configure(${options})`
  const load = way === 'mjs' ? imports : requires
  const begin = way === 'late' ? [...load, start] : [start, ...load]
  return [
    ...begin,
    api,
    inSpan,
    `;(async () => {\n${body}\n})().then(() => pause(30)).then(() => process.exit(0), (error) => { console.error(error); process.exit(1) })`,
  ].join('\n')
}

/** Spans of one scope, such as `uptrace-node/ws`. */
export const spansOf = (seen: Seen, scope: string): readonly SeenSpan[] =>
  seen.spans.filter((span) => span.scope === scope)

/** Name of the span that a span is below. */
export const parentOf = (seen: Seen, span: SeenSpan): string | undefined =>
  seen.spans.find(({ id }) => id === span.parent)?.name
