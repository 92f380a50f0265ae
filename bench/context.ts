/** What carrying a context from call to call costs on each supported line of Node: the storage itself, and our context manager around it. `npm run bench:context` */
import { AsyncLocalStorage } from 'node:async_hooks'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { meanOfQuickest, table } from './tables.ts'

const CALLS = 50_000
const TURNS = 24
const ROUNDS = 2
/** Of those that we support. */
const OLDEST_LINE = 22
const NODES = path.join(import.meta.dirname, '../.cache/nodes')

type Results = Record<string, number>

const later = async (): Promise<void> => undefined

async function measureHere(): Promise<Results> {
  const storage = new AsyncLocalStorage<object>()
  const store = {}
  const read = (): unknown => storage.getStore()
  const own = ROOT_CONTEXT.setValue(createContextKey('bench'), 1)
  const readActive = (): unknown => context.active()
  const results: Results = {}
  results['`await`, no storage in use'] = await timeAwaits()
  results['`storage.run` and `getStore`'] = await timeCalls(() => storage.run(store, read))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  results['`context.with` and `context.active`'] = await timeCalls(() => context.with(own, readActive))
  results['`await` in a context'] = await context.with(own, timeAwaits)
  return results
}

async function timeCalls(run: () => unknown): Promise<number> {
  const nanos: number[] = []
  for (let turn = -4; turn < TURNS; turn++) {
    const begin = performance.now()
    for (let index = 0; index < CALLS; index++) run()
    if (turn >= 0) nanos.push(((performance.now() - begin) * 1e6) / CALLS)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return meanOfQuickest(nanos)
}

async function timeAwaits(): Promise<number> {
  const nanos: number[] = []
  for (let turn = -4; turn < TURNS; turn++) {
    const begin = performance.now()
    for (let index = 0; index < CALLS; index++) await later()
    if (turn >= 0) nanos.push(((performance.now() - begin) * 1e6) / CALLS)
  }
  return meanOfQuickest(nanos)
}

/** The Node of this project, and those that `scripts/install-nodes.sh` has installed, by age. */
function nodes(): string[] {
  const others = existsSync(NODES) ? readdirSync(NODES).filter((name) => Number(name) >= OLDEST_LINE) : []
  const byLine = new Map(others.map((name) => [Number(name), path.join(NODES, name, 'node')]))
  byLine.set(Number.parseInt(process.versions.node, 10), process.execPath)
  return [...byLine].sort(([a], [b]) => a - b).map(([, file]) => file)
}

function compare(): string {
  const columns: string[] = []
  const rows = new Map<string, string[]>()
  for (const node of nodes()) {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
    columns.push(version)
    const best: Results = {}
    for (let round = 0; round < ROUNDS; round++) {
      const text = execFileSync(node, ['--experimental-strip-types', '--no-warnings', import.meta.filename, 'here'], {
        encoding: 'utf8',
      })
      for (const [name, value] of Object.entries(JSON.parse(text) as Results))
        best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, value)
    }
    for (const [name, value] of Object.entries(best))
      rows.set(name, [...(rows.get(name) ?? []), `${value.toFixed(0)} ns`])
  }
  return table(
    ['', ...columns],
    [...rows].map(([name, values]) => [name, ...values]),
  )
}

console.log(process.argv[2] === 'here' ? JSON.stringify(await measureHere()) : compare())
