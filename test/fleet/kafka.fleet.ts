/** Kafka as the buffer of deploy/: what goes in comes out, with the broker, the writer or the reader killed on the way. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { eventually, freePort } from '../support/backends.ts'
import { type RunResult, runSource } from '../support/run-node.ts'
import { isListening } from '../support/span-paths.ts'
import { type Addresses, addresses, CONFIGS, createRelays, LOAD, pause, type Relays } from './relays.ts'

const JARS = process.env['UPTRACE_TEST_KAFKA_JARS']
const SCRIPT = path.join(import.meta.dirname, '../../scripts/kafka.sh')
const READER = ['sampler.yaml', 'kafka-reader.yaml']

/** A broker of the test's own, since it is killed. */
class Broker {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'kafka-'))
  #child: ChildProcess | undefined
  readonly port: number
  readonly #controller: number
  constructor(port: number, controller: number) {
    this.port = port
    this.#controller = controller
  }

  async start(): Promise<void> {
    const child = spawn('bash', [SCRIPT, JARS!, this.#folder, String(this.port), String(this.#controller)])
    this.#child = child
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    await eventually<boolean | string>(
      (): Promise<boolean> | string =>
        child.exitCode === null ? isListening(new URL(`tcp://127.0.0.1:${this.port}`)) : output,
      (listens) => listens !== false,
      100_000,
    ).then((listens) => expect(listens).toBe(true))
  }

  kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
    return new Promise((resolve) => {
      child.once('exit', () => resolve())
      child.kill('SIGKILL')
    })
  }
}

let [sink, relays, broker]: [Sink, Relays, Broker] = [] as never
beforeEach(async ({ skip }) => {
  if (JARS === undefined) {
    console.log('skipped: needs Kafka (scripts/services.sh install all)')
    skip()
  }
  sink = await startSink()
  relays = createRelays()
  const [port, controller] = await Promise.all([freePort(), freePort()])
  broker = new Broker(port, controller)
  await broker.start()
}, 120_000)
afterEach(async () => {
  await relays?.stopAll()
  await broker?.kill()
  await sink?.close()
})

const settings = (more: Record<string, string> = {}): Promise<Addresses> =>
  addresses({
    KAFKA_BROKER: `127.0.0.1:${broker.port}`,
    UPTRACE_OTLP_ENDPOINT: sink.url,
    DECISION_WAIT: '1s',
    SHARE_PERCENT: '100',
    METRICS_INTERVAL: '1s',
    ...more,
  })

const load = ({ http }: Addresses, millis: number): Promise<RunResult> =>
  runSource('mjs', LOAD, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}`, LOAD_MILLIS: String(millis), LOAD_LOGS: 'true' },
    timeoutMillis: millis + 90_000,
  })

const recordsOf = (): Set<string> => new Set(sink.items('logs').map(({ body }) => body.stringValue))

async function everythingArrives({ code, stdout }: RunResult): Promise<void> {
  const { created, delivered, dropped, records } = JSON.parse(stdout)
  expect({ code, delivered, dropped }).toEqual({ code: 0, delivered: created, dropped: {} })
  const count = (): object => ({ spans: sink.spanIds().size, records: recordsOf().size })
  await eventually(count, () => sink.spanIds().size >= created && recordsOf().size >= records, 120_000).catch(() => {})
  expect(count()).toEqual({ spans: created, records })
  console.log(`${created} spans, ${records} log records created, all arrived`)
}

test('broker and writer are killed under load, and come back: nothing is lost', { timeout: 400_000 }, async () => {
  const writer = await settings()
  const relay = await relays.start(['kafka-writer.yaml'], writer.env)
  await relays.start(READER, (await settings()).env)
  const program = load(writer, 26_000)
  await pause(4_000)
  await broker.kill()
  await pause(5_000)
  await broker.start()
  await pause(4_000)
  await relay.stop('SIGKILL')
  await pause(4_000)
  await relays.start(['kafka-writer.yaml'], writer.env)
  await everythingArrives(await program)
})

test('what comes while no reader is there waits in Kafka; all spans are counted', { timeout: 250_000 }, async () => {
  const writer = await settings()
  await relays.start(['kafka-writer.yaml'], writer.env)
  const result = await load(writer, 4_000)
  expect(sink.received).toEqual([])
  await relays.start(READER, (await settings()).env)
  await everythingArrives(result)
  const calls = (): number =>
    sink
      .items('metrics')
      .filter(({ name }) => name === 'traces.span.metrics.calls')
      .flatMap((metric) => metric.sum.dataPoints)
      .reduce((sum, point) => sum + Number(point.asInt), 0)
  await eventually(calls, (count) => count >= JSON.parse(result.stdout).created)
  expect(calls()).toBe(JSON.parse(result.stdout).created)
})

test.for([
  {
    what: 'nothing is lost without sampling',
    processors: ['memory_limiter'],
    isLossless: true,
  },
  { what: 'with sampling no log record is lost', processors: undefined, isLossless: false },
])('a reader is killed under load, and comes back. $what', { timeout: 300_000 }, async ({ processors, isLossless }) => {
  const writer = await settings()
  await relays.start(['kafka-writer.yaml'], writer.env)
  const configs = [...READER]
  if (processors !== undefined) {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'otelcol-')), 'all.yaml')
    writeFileSync(file, `service: { pipelines: { traces/kept: { processors: ${JSON.stringify(processors)} } } }\n`)
    configs.push(path.relative(CONFIGS, file))
  }
  const { env } = await settings()
  const reader = await relays.start(configs, env)
  const program = load(writer, 8_000)
  await eventually(
    () => recordsOf().size,
    (count) => count > 20,
    30_000,
  )
  await reader.stop('SIGKILL')
  await relays.start(configs, env)
  const result = await program
  if (isLossless) return everythingArrives(result)
  const { created, records } = JSON.parse(result.stdout)
  await eventually(
    () => recordsOf().size,
    (count) => count === records,
    90_000,
  )
  // until nothing has come for a while
  let [before, now] = [-1, sink.spanIds().size]
  while (before !== now) {
    await pause(15_000)
    ;[before, now] = [now, sink.spanIds().size]
  }
  console.log(`${created - now} of ${created} spans were lost: they waited for a decision`)
  expect(now).toBeGreaterThan(0)
})
