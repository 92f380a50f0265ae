/** What is compressed: all that leaves the machine, and of what stays on it what has to wait. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConfigureOptions } from '../../../src/config/options.ts'
import { resolveConfig } from '../../../src/config/resolve.ts'
import { type Sink, startSink } from '../../faults/sink.ts'
import { assertBalanced, startDelivery } from '../support.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const encodings = (): unknown[] => sink.requests.map(({ headers }) => headers['content-encoding'] ?? 'none')
const nearby = () => [sink.destination('traces', { isPlainAtOnce: true })]

test('on this machine, what goes out at once goes as it is', async () => {
  const { delivery, createSpans } = startDelivery(nearby())
  for (let round = 0; round < 3; round++) {
    createSpans(20)
    await delivery.forceFlush()
  }
  expect(encodings()).toEqual(['none', 'none', 'none'])
  expect(sink.items('traces')).toHaveLength(60)
  assertBalanced(delivery.health())
  await delivery.shutdown()
})

test('what an outage keeps waiting is compressed, and plain again after it', async () => {
  sink.behaviour = { status: 503 }
  const { delivery, createSpans } = startDelivery(nearby())
  for (let round = 0; round < 4; round++) {
    createSpans(20)
    await delivery.forceFlush({ timeoutMillis: 100 })
  }
  sink.behaviour = 'ok'
  await delivery.forceFlush()
  // the first was on its way before anything had failed
  expect(encodings().slice(-4).toSorted()).toEqual(['gzip', 'gzip', 'gzip', 'none'])
  createSpans(20)
  await delivery.forceFlush()
  expect(encodings().at(-1)).toBe('none')
  expect(sink.items('traces').length).toBeGreaterThanOrEqual(100)
  expect(assertBalanced(delivery.health())).toMatchObject({ created: 100, delivered: 100 })
  await delivery.shutdown()
})

test('what is written to a spool folder is compressed', async () => {
  const spoolDirectory = mkdtempSync(path.join(tmpdir(), 'spool-'))
  const { delivery, createSpans } = startDelivery(nearby(), { spoolDirectory })
  createSpans(20)
  await delivery.forceFlush()
  expect(encodings()).toEqual(['gzip'])
  await delivery.shutdown()
  rmSync(spoolDirectory, { recursive: true })
})

test('one destination here and one elsewhere: each gets its own form', async () => {
  const far = await startSink()
  const { delivery, createSpans } = startDelivery([...nearby(), far.destination('traces')])
  createSpans(20)
  await delivery.forceFlush()
  expect(encodings()).toEqual(['none'])
  expect(far.requests.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip'])
  expect(far.items('traces')).toEqual(sink.items('traces'))
  await delivery.shutdown()
  await far.close()
})

test.for<[string, ConfigureOptions, Record<string, string>, boolean]>([
  ['localhost', { endpoint: 'http://localhost:4318' }, {}, true],
  ['127.0.0.1, a DSN', { dsn: 'http://token@127.0.0.1:14318' }, {}, true],
  ['127.1.2.3', { endpoint: 'http://127.1.2.3:4318' }, {}, true],
  ['::1, gRPC', { endpoint: 'http://[::1]:4317', protocol: 'grpc' }, {}, true],
  ['a back end by name', { backend: 'jaeger' }, {}, true],
  ['the environment', {}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' }, true],
  ['another machine', { endpoint: 'http://collector:4318' }, {}, false],
  ['a name that begins like it', { endpoint: 'http://localhost.example:4318' }, {}, false],
  ['an address that begins like it', { endpoint: 'http://127.0.0.1.example:4318' }, {}, false],
  ['gzip by the option', { endpoint: 'http://localhost:4318', compression: 'gzip' }, {}, false],
  [
    'gzip by the environment',
    { endpoint: 'http://localhost:4318' },
    { OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'gzip' },
    false,
  ],
  ['gzip for one back end', { backend: { name: 'jaeger', compression: 'gzip' } }, {}, false],
])('%s', ([, options, env, isPlain]) => {
  const traces = resolveConfig(options, env).destinations.find(({ signal }) => signal === 'traces')
  expect(traces).toMatchObject({ compression: 'gzip', isPlainAtOnce: isPlain })
})
