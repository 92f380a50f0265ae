/** With a spool directory nothing is lost by an outage that outlives the process, by a kill, or by a damaged file. */
import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { resourceFromAttributes } from '@opentelemetry/resources'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeSpoolFile, encodeSpoolFile } from '../../../src/delivery/spool/file-format.ts'
import { type Sink, startSink } from '../../faults/sink.ts'
import { assertBalanced, BATCH, sleep, startDelivery, totalOf, until } from '../support.ts'

const app = path.join(import.meta.dirname, '../fixtures/app.ts')
const node = path.join(import.meta.dirname, '../../../node_modules/.bin/node')
let sink: Sink
let home: string
let directory: string
const FOREIGN_NAME = '1700000000000-0123456789abcdef-0123456789abcdef-10-0123456789abcdef-1.otlp'
beforeEach(async () => {
  sink = await startSink()
  home = mkdtempSync(path.join(tmpdir(), 'uptrace-spool-'))
  directory = path.join(home, 'spool')
})
afterEach(async () => {
  await sink.close()
  rmSync(home, { recursive: true, force: true })
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

test.for<[string, () => unknown]>([
  ['the folder is removed', () => rmSync(directory, { recursive: true })],
  ['the folder is emptied', () => readdirSync(directory).map((name) => rmSync(path.join(directory, name)))],
  [
    'the folder is replaced by a file',
    () => {
      rmSync(directory, { recursive: true })
      writeFileSync(directory, '')
    },
  ],
])('%s: what was on disk only is counted, what is in memory is not lost', async ([, spoil]) => {
  await sink.stop()
  const { delivery, createSpans } = start({
    bufferLimitBytes: 15_000,
    spanBatch: { maxQueueSize: 200, maxExportBatchSize: 200, scheduledDelayMillis: 20, exportTimeoutMillis: 30_000 },
  })
  for (let round = 0; round < 8; round++) {
    createSpans(200)
    await sleep(40)
  }
  const counts = () => delivery.health().signals.traces!
  await until(() => counts().spooled === 1600)
  spoil()
  await until(() => (counts().dropped.unreadable ?? 0) > 0)
  const lost = counts().dropped.unreadable!
  expect(lost).toBeLessThan(1600)
  assertBalanced(delivery.health())
  if (!statSync(directory, { throwIfNoEntry: false })?.isFile()) await until(() => counts().spooled === 1600 - lost)
  createSpans(200)
  await sink.start()
  await until(() => counts().queued === 0, 20_000)
  expect(counts().dropped.unreadable).toBe(lost)
  expect(assertBalanced(delivery.health())).toMatchObject({ created: 1800, queued: 0 })
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
  expect(delivery.health().signals.traces!.dropped).toEqual({ too_old: 10 })
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

test('the files of a delivery that lives are left alone, unless its lock is stale', async () => {
  await sink.stop()
  const living = start()
  living.createSpans(5)
  await until(() => files().length === 1)
  const lock = path.join(directory, readdirSync(directory).find((name) => name.endsWith('.lock'))!)
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

test('nothing is nested, whatever lies in the directory, and it stops nothing', async () => {
  await sink.stop()
  mkdirSync(path.join(directory, '4711-0123456789ab/taken-0123456789ab/taken-ab'), { recursive: true, mode: 0o700 })
  writeFileSync(path.join(directory, '4711-0123456789ab/lock'), '')
  mkdirSync(path.join(directory, '0123456789abcdef.lock'))
  mkdirSync(path.join(directory, '0123456789abcdef-1.tmp'))
  mkdirSync(path.join(directory, FOREIGN_NAME))
  writeFileSync(path.join(directory, 'x'.repeat(250)), 'foreign')
  symlinkSync('/nowhere', path.join(directory, 'link'))
  const before = readdirSync(directory, { recursive: true }).length
  for (let round = 0; round < 5; round++) {
    const one = start()
    one.createSpans(10)
    await sleep(150)
    await one.delivery.shutdown({ timeoutMillis: 10 })
  }
  expect(files().every((file) => path.dirname(file) === directory)).toBe(true)
  await sink.start()
  await replay(50)
  expect(sink.spanIds().size).toBe(50)
  expect(readdirSync(directory, { recursive: true })).toHaveLength(before)
})

test('a request of another service, or with its token, is not sent with ours; a renewed token of ours is', async () => {
  await sink.stop()
  const ours = start()
  ours.createSpans(10)
  await ours.delivery.shutdown({ timeoutMillis: 10 })
  const token = { headers: { 'uptrace-dsn': `${sink.url.replace('://', '://another@')}` } }
  await sink.start()
  const stranger = startDelivery([sink.destination('traces', token)], {
    spoolDirectory: directory,
    resource: resourceFromAttributes({ 'service.name': 'another' }),
  })
  await until(() => stranger.delivery.health().spoolSkipped === 1)
  await stranger.delivery.shutdown()
  expect(sink.requests).toHaveLength(0)
  const renewed = startDelivery([sink.destination('traces', token)], { spoolDirectory: directory })
  await until(() => renewed.delivery.health().signals.traces!.delivered === 10)
  await renewed.delivery.shutdown()
})

test('a full spool gives up the oldest requests of earlier processes, and counts them', async () => {
  await sink.stop()
  const batch = { ...BATCH, maxExportBatchSize: 100 }
  for (let round = 0; round < 4; round++) {
    const { delivery, createSpans } = start({ spanBatch: batch })
    createSpans(300, `round ${round}`)
    await delivery.shutdown({ timeoutMillis: 10 })
    await sleep(5)
  }
  const size = files().reduce((sum, file) => sum + statSync(file).size, 0)
  const { delivery, createSpans } = start({ spanBatch: batch, spoolLimitBytes: Math.round(size / 2) })
  createSpans(100, 'last')
  await until(() => (delivery.health().signals.traces!.dropped.buffer_full ?? 0) >= 600)
  await sink.start()
  await until(() => delivery.health().signals.traces!.queued === 0)
  const traces = delivery.health().signals.traces!
  assertReplayed({ ...traces, queued: traces.queued + totalOf(traces.dropped) })
  expect(sink.items('traces').some(({ name }) => String(name).startsWith('round 0'))).toBe(false)
  expect(sink.items('traces').filter(({ name }) => String(name).startsWith('last'))).toHaveLength(100)
  await delivery.shutdown()
})

test('the open batch is on disk within half a second, and its copy goes when the batch is sent', async () => {
  const { delivery, createSpans } = start({ spanBatch: { ...BATCH, scheduledDelayMillis: 2500 } })
  for (let round = 0; round < 3; round++) {
    createSpans(10)
    await until(() => files().length === 1, 2000)
    await sleep(400)
  }
  const counts = files().map((file) => decodeSpoolFile(readFileSync(file))!.count)
  expect(counts).toHaveLength(1)
  expect(counts[0]).toBeGreaterThan(10)
  await until(() => delivery.health().signals.traces!.delivered === 30)
  expect(sink.requests).toHaveLength(1)
  await until(() => files().length === 0, 2000)
  await delivery.shutdown()
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

test('a directory that cannot be written leaves all in memory', async () => {
  // for root nothing is read-only, but no folder can be made there
  directory = process.getuid?.() === 0 ? '/proc/self/spool' : path.join(directory, 'inner')
  if (process.getuid?.() !== 0) mkdirSync(path.dirname(directory), { mode: 0o500 })
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
    origin: 'a',
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
