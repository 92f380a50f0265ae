/** With a spool directory nothing is lost by an outage that outlives the process, by a kill, or by a damaged file. */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeSpoolFile, encodeSpoolFile } from '../../../src/delivery/spool/file-format.ts'
import { type Sink, startSink } from '../../faults/sink.ts'
import { assertBalanced, sleep, startDelivery, until } from '../support.ts'

const app = path.join(import.meta.dirname, '../fixtures/app.ts')
const node = path.join(import.meta.dirname, '../../../node_modules/.bin/node')
let sink: Sink
let directory: string
beforeEach(async () => {
  sink = await startSink()
  directory = path.join(mkdtempSync(path.join(tmpdir(), 'uptrace-spool-')), 'spool')
})
afterEach(async () => {
  await sink.close()
  rmSync(path.dirname(directory), { recursive: true, force: true })
})

const files = (): string[] =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.otlp'))
        .map((entry) => path.join(entry.parentPath, entry.name))
    : []

const start = (overrides = {}) =>
  startDelivery([sink.destination('traces')], { spoolDirectory: directory, ...overrides })

function run(how: string): { done: Promise<number | null>; kill(): void; ready: Promise<void> } {
  const child = spawn(node, [app, how, '2000'], {
    env: { ...process.env, NODE_OPTIONS: '', SINK_URL: sink.url, SPOOL: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return {
    done: new Promise((resolve) => child.on('exit', resolve)),
    kill: () => child.kill('SIGKILL'),
    ready: new Promise((resolve) => child.stdout.once('data', () => resolve())),
  }
}

/** A later process, or one beside it, that has nothing of its own. */
async function replay(expected: number): Promise<void> {
  const { delivery } = start()
  await until(() => (delivery.health().signals.traces?.delivered ?? 0) >= expected)
  assertReplayed(delivery.health().signals.traces!)
  await delivery.shutdown()
}

function assertReplayed(traces: { created: number; replayed: number; delivered: number; queued: number }): void {
  expect(traces.created + traces.replayed).toBe(traces.delivered + traces.queued)
}

test('files are private, and gone after the acknowledgement', async () => {
  await sink.stop()
  const { delivery, createSpans } = start()
  createSpans(10)
  await until(() => files().length === 1)
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  expect(statSync(path.dirname(files()[0]!)).mode & 0o777).toBe(0o700)
  expect(statSync(files()[0]!).mode & 0o777).toBe(0o600)
  expect(readFileSync(files()[0]!, 'latin1')).not.toContain('secret-token')
  expect(delivery.health().signals.traces).toMatchObject({ queued: 10, spooled: 10 })
  await sink.start()
  await delivery.forceFlush()
  expect(files()).toEqual([])
  expect(assertBalanced(delivery.health())).toMatchObject({ delivered: 10, queued: 0 })
  await delivery.shutdown()
  expect(readdirSync(directory)).toEqual([])
})

test('what shutdown could not send arrives after the next start, once', async () => {
  await sink.stop()
  const first = start()
  first.createSpans(2500)
  await first.delivery.shutdown({ timeoutMillis: 50 })
  expect(first.delivery.health().signals.traces).toMatchObject({
    created: 2500,
    delivered: 0,
    dropped: {},
    spooled: 2500,
  })
  await sink.start()
  await replay(2500)
  expect(sink.items('traces')).toHaveLength(2500)
  expect(sink.spanIds().size).toBe(2500)
  expect(files()).toEqual([])
})

test.for(['natural', 'process.exit', 'uncaught'])('with the back end down, %s loses nothing', async (how) => {
  await sink.stop()
  await run(how).done
  await sink.start()
  await replay(2000)
  expect(sink.spanIds().size).toBe(2000)
})

test.for(['refused', 'hang'])('after SIGKILL all but the last flush window arrives (%s)', async (outage) => {
  if (outage === 'refused') await sink.stop()
  else sink.behaviour = 'hang'
  const child = run('wait')
  await child.ready
  await until(() => files().length >= 2)
  await sleep(300)
  child.kill()
  await child.done
  if (outage === 'refused') await sink.start()
  else sink.behaviour = 'ok'
  await replay(2000)
  expect(sink.spanIds().size).toBe(2000)
})

test('requests that memory has no room for wait on disk and are sent when the back end is back', async () => {
  await sink.stop()
  const { delivery, createSpans } = start({
    bufferLimitBytes: 40_000,
    spanBatch: { maxQueueSize: 200, maxExportBatchSize: 200, scheduledDelayMillis: 50, exportTimeoutMillis: 30_000 },
  })
  for (let round = 0; round < 20; round++) {
    createSpans(200)
    await sleep(60)
  }
  await sleep(700)
  expect(delivery.health().bufferedBytes).toBeLessThanOrEqual(40_000)
  const { dropped, spooled } = delivery.health().signals.traces!
  expect(spooled).toBeGreaterThan(3000)
  await sink.start()
  await until(() => delivery.health().signals.traces!.queued === 0, 20_000)
  expect(assertBalanced(delivery.health()).delivered).toBe(4000 - (dropped.buffer_full ?? 0))
  await delivery.shutdown()
})

test('torn, empty, foreign and outdated files are skipped and counted, the intact ones arrive', async () => {
  await sink.stop()
  const first = start({
    spanBatch: { maxQueueSize: 10, maxExportBatchSize: 10, scheduledDelayMillis: 50, exportTimeoutMillis: 30_000 },
  })
  first.createSpans(50)
  await first.delivery.shutdown({ timeoutMillis: 50 })
  const [torn, empty, flipped, intact] = files() as [string, string, string, string, string]
  truncateSync(torn, statSync(torn).size - 1)
  truncateSync(empty, 0)
  const bytes = readFileSync(flipped)
  bytes[bytes.length - 5]! ^= 1
  writeFileSync(flipped, bytes)
  writeFileSync(path.join(path.dirname(intact), 'notes.txt'), 'not ours')
  const old = decodeSpoolFile(readFileSync(intact))!
  writeFileSync(intact, encodeSpoolFile({ ...old, createdAt: Date.now() - 2 * 86_400_000 }))
  await sink.start()
  const { delivery } = start()
  await until(() => delivery.health().signals.traces!.delivered === 10)
  expect(delivery.health().spoolSkipped).toBe(5)
  await delivery.shutdown()
  expect(files()).toEqual([])
  expect(readdirSync(directory, { recursive: true }).filter((name) => String(name).endsWith('notes.txt'))).toHaveLength(
    1,
  )
})

test('two processes on one directory never own the same file', async () => {
  await sink.stop()
  await Promise.all([run('process.exit').done, run('process.exit').done, run('natural').done])
  await sink.start()
  const [one, two] = [start(), start()]
  const delivered = (): number =>
    one.delivery.health().signals.traces!.delivered + two.delivery.health().signals.traces!.delivered
  await until(() => delivered() >= 6000)
  await sleep(200)
  expect(sink.items('traces')).toHaveLength(6000)
  expect(sink.spanIds().size).toBe(6000)
  await Promise.all([one.delivery.shutdown(), two.delivery.shutdown()])
})

test('the folder of a process that lives is left alone, unless its lock is stale', async () => {
  await sink.stop()
  const living = start()
  living.createSpans(5)
  await until(() => files().length === 1)
  const lock = path.join(path.dirname(files()[0]!), 'lock')
  const other = start()
  await sleep(300)
  expect(other.delivery.health().signals.traces!.replayed).toBe(0)
  await other.delivery.shutdown({ timeoutMillis: 10 })
  const longAgo = new Date(Date.now() - 600_000)
  utimesSync(lock, longAgo, longAgo)
  const later = start()
  await until(() => later.delivery.health().signals.traces!.replayed === 5)
  await Promise.all([later.delivery.shutdown({ timeoutMillis: 10 }), living.delivery.shutdown({ timeoutMillis: 10 })])
})

test('the spool is bounded: the oldest file makes room', async () => {
  await sink.stop()
  const { delivery, createSpans } = start({
    spoolLimitBytes: 8000,
    spanBatch: { maxQueueSize: 100, maxExportBatchSize: 100, scheduledDelayMillis: 20, exportTimeoutMillis: 30_000 },
  })
  for (let round = 0; round < 10; round++) createSpans(100)
  await until(() => files().length > 0)
  await sleep(700)
  const size = files().reduce((sum, file) => sum + statSync(file).size, 0)
  expect(size).toBeLessThanOrEqual(8000)
  assertBalanced(delivery.health())
  await delivery.shutdown({ timeoutMillis: 10 })
})

test.skipIf(process.getuid?.() === 0)('a directory that cannot be written leaves all in memory', async () => {
  mkdirSync(directory, { mode: 0o500 })
  chmodSync(directory, 0o500)
  await expectMemoryOnly()
})

test('a path that is no directory leaves all in memory', async () => {
  writeFileSync(directory, 'a file')
  await expectMemoryOnly()
})

async function expectMemoryOnly(): Promise<void> {
  await sink.stop()
  const { delivery, createSpans } = start()
  createSpans(10)
  await sleep(1000)
  expect(delivery.health().signals.traces).toMatchObject({ queued: 10, spooled: 0 })
  await sink.start()
  await delivery.forceFlush()
  expect(assertBalanced(delivery.health())).toMatchObject({ delivered: 10 })
  await delivery.shutdown()
}

test('any bytes are either a request or undefined', () => {
  const request = {
    signal: 'traces',
    encoding: 'gzip',
    count: 3,
    createdAt: 1,
    address: 'a',
    key: 'k',
    body: Buffer.from('body'),
  } as const
  const whole = encodeSpoolFile(request)
  expect(decodeSpoolFile(whole)).toEqual(request)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(decodeSpoolFile(Buffer.from(bytes))).toBeUndefined()
    }),
  )
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
      const damaged = Buffer.from(whole)
      damaged[index]! ^= flip
      expect(decodeSpoolFile(damaged)).toBeUndefined()
    }),
  )
})
