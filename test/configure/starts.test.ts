/** What code says wins, for every option: the program does the same whether it was started plainly or with the preload. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createOptionRules } from '../../src/config/option-rules.ts'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf } from '../wire/proto/otlp.ts'
// @ts-expect-error: plain JavaScript, since the program under test imports it as well
import { CASES } from './option-cases.mjs'

const APP = readFileSync(path.join(import.meta.dirname, 'option-app.mjs'), 'utf8')
/** Cases whose effect is seen on the program itself, or on nothing that works. */
const WITHOUT_EFFECT = new Set([
  'endpoint', 'timeoutMillis', 'tls', 'metricExportTimeoutMillis', 'sqlComments', 'delivery', 'delivery.spool',
  'captureUncaught', 'logLevel', 'metricExportIntervalMillis',
  'connectionPhases', 'developmentChecks', 'eventLoopBlocks', 'exemplarFilter', 'batchLogRecordProcessor',
]) // biome-ignore format: a table
/** Between the two runs of one case they may come in other numbers. */
const UNSTEADY = /^(otel\.|nodejs\.|v8js\.|process\.)/

test('there is a case for every option', () => {
  const options = Object.keys(createOptionRules())
  expect(options.length).toBeGreaterThan(50)
  expect(options.filter((name) => !(name in CASES))).toEqual([])
})

async function run(name: string | undefined, isPreloaded: boolean) {
  const [sink, other] = await Promise.all([startSink(), startSink()])
  const env = {
    UPTRACE_TEST_CASES: path.join(import.meta.dirname, 'option-cases.mjs'),
    UPTRACE_TEST_CASE: name ?? 'endpoint',
    UPTRACE_TEST_BASE: JSON.stringify({ endpoint: sink.url, serviceName: 'base' }),
    UPTRACE_TEST_OTHER_DSN: `http://t@localhost:${other.port}`,
    UPTRACE_TEST_SPOOL: mkdtempSync(path.join(tmpdir(), 'spool-')),
    // where the preload would send to, and what it would call the service
    ...(isPreloaded && { UPTRACE_DSN: 'http://preload@127.0.0.1:9', OTEL_LOG_LEVEL: 'none' }),
  }
  const flags = isPreloaded ? ['--import', 'uptrace-node/register'] : []
  const result = await runSource('mjs', APP, {
    flags,
    env: { OTEL_SERVICE_NAME: 'from-env', OTEL_LOG_LEVEL: 'none', ...env },
  })
  const seen = result.stdout.split('\n').find((line) => line.startsWith('SEEN '))
  const view = { code: result.code, seen: seen && JSON.parse(seen.slice(5)), sink: viewOf(sink), other: viewOf(other) }
  await Promise.all([sink.close(), other.close()])
  return { ...view, prints: result.stdout.split('\n').length > 2, stderr: result.code === 0 ? '' : result.stderr }
}

/** What a back end has got, without ids, times and counts that differ from run to run. */
function viewOf(sink: Sink): unknown {
  // of the files that Node and we ourselves read, some come by chance
  const own = sink.items('traces').filter(({ name }) => !/^fs (?!existsSync)/.test(name))
  const spans = own.map((span) => ({
    name: span.name,
    kind: span.kind,
    isRoot: !span.parentSpanId,
    attributes: Object.keys(attributesOf(span)).sort(),
    lengths: String(attributesOf(span)['a'] ?? '').length,
    events: (span.events ?? [])
      .map((event: { name: string }) => event.name)
      .filter((event: string) => event !== 'http.dns'),
  }))
  const metrics = sink.items('metrics').filter(({ name }) => !UNSTEADY.test(name))
  const metricViews = metrics.map((metric) => [
    metric.name,
    Object.keys(metric).sort(),
    (metric.sum ?? metric.histogram ?? metric.exponentialHistogram)?.aggregationTemporality,
  ])
  const records = sink.items('logs').map((record) => [record.body?.stringValue, attributesOf(record)])
  const resources = sink.received.map(({ request }) => {
    const [group] = request.resourceSpans ?? request.resourceMetrics ?? request.resourceLogs
    const {
      'service.name': service,
      'service.version': version,
      'deployment.environment.name': stage,
      team,
      'own.detector': own,
    } = attributesOf(group.resource)
    return { service, version, stage, team, own }
  })
  const headers = sink.received.map(({ headers }) => [
    headers['x-case'],
    headers['content-type'],
    headers['content-encoding'],
  ])
  return {
    spans: distinct(spans),
    ids: sink.items('traces').some(({ traceId }) => traceId === 'a'.repeat(32)),
    metrics: distinct(metricViews),
    runtime: sink.items('metrics').some(({ name }) => name.startsWith('nodejs.')),
    records: distinct(records),
    resources: distinct(resources),
    headers: distinct(headers),
    // a slow machine sends more often, but not one request a span
    areSpansApart: sink.received.filter(({ signal }) => signal === 'traces').length > 8,
  }
}

const distinct = (values: readonly unknown[]): string[] =>
  [...new Set(values.map((value) => JSON.stringify(value)))].sort()

let plain: Promise<Awaited<ReturnType<typeof run>>> | undefined

test.for(Object.keys(CASES))('%s: the same in both starts', { timeout: 60_000 }, async (name) => {
  const [first, second] = await Promise.all([run(name, false), run(name, true)])
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(second).toEqual(first)
  plain ??= run(undefined, false)
  if (!WITHOUT_EFFECT.has(name)) expect(first).not.toEqual(await plain)
})
