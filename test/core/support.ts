/**
 * Runs programs of this folder on the package under test. C and W numbers are those of the catalogue of faults that were found in 0.1.0: each row is
 * told by its own input and by others of the same kind, and each of them fails on 0.1.0 (`UPTRACE_TEST_PACKAGE=<a checkout of it, built>`).
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Sink, type SinkOptions, startSink } from '../faults/sink.ts'
import { PACKAGE, type RunOptions, type RunResult, runSource } from '../support/run-node.ts'

/** Both call themselves 0.1.0, so that only what is there tells them apart. */
const IS_FIRST_RELEASE = !existsSync(path.join(PACKAGE, 'dist/testing.cjs'))
/** Where dev dependencies are: a checkout brings the one copy of the API that a program may have. */
export const MODULES = [PACKAGE, path.join(import.meta.dirname, '../..')]
  .map((folder) => path.join(folder, 'node_modules'))
  .find((folder) => existsSync(path.join(folder, '@opentelemetry/api')))!
/** Programs of one file that run at the same time. */
const MAX_RUNNING = 3

let running = 0
const waiting: Array<() => void> = []

export async function run(kind: 'mjs' | 'cjs', source: string, options: RunOptions = {}): Promise<RunResult> {
  if (running >= MAX_RUNNING) await new Promise<void>((resolve) => waiting.push(resolve))
  running++
  try {
    return await runSource(kind, source, {
      home: path.join(MODULES, '../.cache/programs'),
      ...options,
    })
  } finally {
    running--
    waiting.shift()?.()
  }
}

/** Options of delivery as text for a program: they were options of the first level in 0.1.0. */
export const deliveryOption = (options: Readonly<Record<string, unknown>>): string =>
  IS_FIRST_RELEASE ? JSON.stringify(options).slice(1, -1) : `delivery: ${JSON.stringify(options)}`

export async function withSink<T>(use: (sink: Sink) => Promise<T>, options: SinkOptions = {}): Promise<T> {
  const sink = await startSink(options)
  try {
    return await use(sink)
  } finally {
    await sink.close().catch(() => {})
  }
}

/** A folder in memory where the system has such: thousands of files are written in no time. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'uptrace-core-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Started by `--import`, or `-r`, with everything from the environment. */
export const preloaded = (sink: Sink, flag = '--import', more: Readonly<Record<string, string>> = {}): RunOptions => ({
  flags: [flag, 'uptrace-node/register'],
  env: { UPTRACE_DSN: dsnOf(sink), ...more },
})

export const dsnOf = ({ port }: Sink): string => `http://t@127.0.0.1:${port}`

/** The imports of a program, which has `api` and what it wants from this package. */
export const importsOf = (kind: 'mjs' | 'cjs', names = 'configureOpentelemetry, forceFlush, shutdown'): string =>
  kind === 'mjs'
    ? `import * as api from '@opentelemetry/api'; import { ${names} } from 'uptrace-node';`
    : `const api = require('@opentelemetry/api'); const { ${names} } = require('uptrace-node');`

/** Names of spans and metrics and bodies of records, sorted, each once. */
export const namesOf = (sink: Sink, signal: 'traces' | 'metrics' | 'logs'): string[] =>
  [...new Set(sink.items(signal).map(({ name, body }) => (name || body?.stringValue) as string))].sort()

/** What this package says. */
export const linesOf = ({ stderr }: RunResult): string[] =>
  stderr.split('\n').filter((line) => line.startsWith('uptrace:'))
