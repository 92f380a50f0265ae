/** Sampling in whole programs: rules on the path of a request, and consistent probability by name. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../../faults/sink.ts'
import { runSource } from '../../support/run-node.ts'
import { attributesOf } from '../../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const serve = (paths: string[]): string => `
import http from 'node:http'
const server = http.createServer((request, response) => response.end('ok')).listen(0, async () => {
  for (const path of ${JSON.stringify(paths)}) await (await fetch('http://127.0.0.1:' + server.address().port + path, { headers: { 'x-untraced': '1' } })).text()
  server.close()
})
`
const servers = () => sink.items('traces').filter(({ kind }) => kind === 2)

test('rules see the path of a request before anything else of it is known', async () => {
  const source = `import { configureOpentelemetry } from 'uptrace-node'
    configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', metricsEnabled: false, instrumentations: { undici: false }, sampling: [{ route: '/quiet/:id', ratio: 0 }, { name: 'GET /noisy*', ratio: 0 }] })
    ${serve(['/quiet/1', '/noisy/a', '/loud', '/quiet/1/2'])}`
  expect(await runSource('mjs', source)).toMatchObject({ code: 0, stderr: '' })
  expect(servers().map((span) => attributesOf(span)['url.path'])).toEqual(['/loud', '/quiet/1/2'])
})

test.for([
  ['consistent_probability', '1', 'ot=th:0'],
  ['parentbased_consistent_probability', '0.999999', 'ot=th:00001'],
] as const)('OTEL_TRACES_SAMPLER=%s with %s writes %s', async ([name, arg, state]) => {
  const env = {
    UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}`,
    OTEL_TRACES_SAMPLER: name,
    OTEL_TRACES_SAMPLER_ARG: arg,
    OTEL_METRICS_EXPORTER: 'none',
  }
  expect(
    await runSource('mjs', serve(['/a', '/b']), { flags: ['--import', 'uptrace-node/register'], env }),
  ).toMatchObject({ code: 0, stderr: '' })
  const spans = sink.items('traces')
  expect(spans).toHaveLength(4)
  for (const span of spans) expect(span.traceState).toMatch(new RegExp(`^${state}`))
})
