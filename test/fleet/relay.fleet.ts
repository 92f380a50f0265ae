/** The Collector configurations of deploy/kubernetes in the real Collector: a relay that is killed loses nothing, whole traces are sampled. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { eventually } from '../support/backends.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf } from '../wire/proto/otlp.ts'
import { addresses, CONFIGS, createRelays, LOAD, pause, type Relays } from './relays.ts'

const ERROR = 2
/** How long the relay is away, in milliseconds. */
const AWAY_MILLIS = Number(process.env.UPTRACE_TEST_RELAY_AWAY ?? 20_000)

let sink: Sink
let relays: Relays
beforeEach(async () => {
  sink = await startSink()
  relays = createRelays()
})
afterEach(async () => {
  await relays.stopAll()
  await sink?.close()
})

test(`a relay that is killed under load and is away for ${AWAY_MILLIS / 1000} s loses nothing`, {
  timeout: AWAY_MILLIS + 120_000,
}, async () => {
  const { http, env } = await addresses({ NEXT_ENDPOINT: sink.url })
  const relay = await relays.start(['agent.yaml'], env)
  const load = runSource('mjs', LOAD, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}`, LOAD_MILLIS: String(AWAY_MILLIS + 10_000) },
    timeoutMillis: AWAY_MILLIS + 100_000,
  })
  await eventually(
    () => sink.spanIds().size,
    (count) => count > 0,
    30_000,
  )
  await relay.stop('SIGKILL')
  const before = sink.spanIds().size
  await pause(AWAY_MILLIS)
  await relays.start(['agent.yaml'], env)
  const { code, stdout } = await load
  const { created, delivered, dropped } = JSON.parse(stdout)
  expect({ code, delivered, dropped }).toEqual({ code: 0, delivered: created, dropped: {} })
  const arrived = await eventually(
    () => sink.spanIds().size,
    (count) => count >= created,
    30_000,
  )
  expect(arrived).toBe(created)
  console.log(`${created} spans created, ${arrived} arrived; ${before} before the relay was killed`)
})

test('what the relay has acknowledged is on disk: killed while the back end is down, it sends all of it later', {
  timeout: 120_000,
}, async () => {
  const { http, env } = await addresses({ NEXT_ENDPOINT: sink.url })
  const relay = await relays.start(['agent.yaml'], env)
  sink.behaviour = { status: 503 }
  const { stdout } = await runSource('mjs', LOAD, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}`, LOAD_MILLIS: '3000' },
    timeoutMillis: 80_000,
  })
  const { created, delivered } = JSON.parse(stdout)
  expect(delivered).toBe(created)
  expect(sink.spanIds().size).toBe(0)
  await relay.stop('SIGKILL')
  sink.behaviour = 'ok'
  await relays.start(['agent.yaml'], env)
  expect(
    await eventually(
      () => sink.spanIds().size,
      (count) => count >= created,
      60_000,
    ),
  ).toBe(created)
})

test('the relay adds the token: programs need none', { timeout: 60_000 }, async () => {
  const { http, env } = await addresses({ NEXT_ENDPOINT: sink.url })
  await relays.start(['agent.yaml'], env)
  await runSource('mjs', LOAD, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}`, LOAD_MILLIS: '1' },
  })
  const received = await eventually(
    () => sink.received,
    (all) => all.length > 0,
  )
  expect(received[0]!.headers['uptrace-dsn']).toBe('https://token@back-end')
})

/** Two services in one trace: each tells its own spans to the balancer. Their times are given, since a busy machine would make the traces slow, which samplers keep. */
const TWO_SERVICES = `
import { propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown } from 'uptrace-node'
const telemetry = configureOpentelemetry({ serviceName: process.argv[2], metricsEnabled: false })
const [tracer, startTime] = [trace.getTracer('steps'), Number(process.argv[3])]
for (let i = 0; i < 40; i++) {
  const id = (i + 1).toString(16).padStart(32, 'a')
  const parent = { traceparent: '00-' + id + '-' + (i + 1).toString(16).padStart(16, '0') + '-01' }
  const span = tracer.startSpan('step', { startTime }, propagation.extract(ROOT_CONTEXT, parent))
  if (i < 4 && process.argv[2] === 'payment') span.setStatus({ code: 2, message: 'declined' })
  span.end(startTime + 1)
}
await shutdown()
`

test('balancer and two samplers: traces with an error arrive whole, from both services; metrics count all spans', {
  timeout: 90_000,
}, async () => {
  const settings = {
    UPTRACE_OTLP_ENDPOINT: sink.url,
    DECISION_WAIT: '4s',
    SHARE_PERCENT: '0',
    METRICS_INTERVAL: '1s',
  }
  const samplers = await Promise.all([addresses(settings), addresses(settings)])
  for (const { env } of samplers) await relays.start(['sampler.yaml'], env)
  const balancer = await addresses(settings)
  const config = path.join(mkdtempSync(path.join(tmpdir(), 'otelcol-')), 'static.yaml')
  // a list of addresses in place of the name that Kubernetes would resolve
  const hostnames = samplers.map(({ env }) => env.OTLP_GRPC_LISTEN!)
  writeFileSync(
    config,
    `exporters: { loadbalancing: { resolver: { dns: null, static: { hostnames: ${JSON.stringify(hostnames)} } } } }\n`,
  )
  await relays.start(['balancer.yaml', path.relative(CONFIGS, config)], balancer.env)
  const startTime = Date.now()
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${balancer.http}` }
  await Promise.all(
    ['orders', 'payment'].map((service) =>
      runSource('mjs', TWO_SERVICES, { args: [service, String(startTime)], env: endpoint }),
    ),
  )
  await eventually(
    () => sink.items('traces').length,
    (count) => count >= 8,
    30_000,
  )
  await pause(2_000)
  const byTrace = Map.groupBy(sink.items('traces'), ({ traceId }) => traceId)
  expect([...byTrace.values()].map((spans) => spans.length)).toEqual([2, 2, 2, 2])
  for (const spans of byTrace.values()) expect(spans.some(({ status }) => status?.code === ERROR)).toBe(true)
  const calls = sink.items('metrics').filter(({ name }) => name === 'traces.span.metrics.calls')
  const points = calls.flatMap((metric) => metric.sum.dataPoints)
  expect(points.reduce((sum, point) => sum + Number(point.asInt), 0)).toBe(80)
  expect(
    points.reduce(
      (sum, point) => sum + (attributesOf(point)['status.code'] === 'STATUS_CODE_ERROR' ? Number(point.asInt) : 0),
      0,
    ),
  ).toBe(4)
})
