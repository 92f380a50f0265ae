/** Lines that were missing, false, or came again and again. */
import { createServer, request as forward, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linesAbout, run, spanNames } from './program.ts'

/** Answers 407 to two requests for each port, and to all for those below 10, and sends on the rest. */
let proxy: Server
const asked = new Map<string, number>()
beforeAll(async () => {
  proxy = createServer((request, response) => {
    const { port } = new URL(request.url!)
    asked.set(port, (asked.get(port) ?? 0) + 1)
    if (asked.get(port)! <= 2 || Number(port) < 10)
      return void response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end()
    const onward = forward(request.url!, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
})
afterAll(() => void proxy.close())
const throughProxy = (): Record<string, string> => ({
  http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
})

test.concurrent.for<[title: string, body: string, options: string]>([
  ['spans', `withSpan('span', () => {})`, ''],
  ['spans as JSON', `withSpan('span', () => {})`, `endpoint: '$URL', protocol: 'http/json'`],
  ['log records', `logs.getLogger('app').emit({ body: 'span' })`, ''],
  ['metrics', `metrics.getMeter('app').createCounter('span').add(1)`, 'tracingEnabled: false'],
])('C29 · a proxy that answers 407 is named, and asked again with %s', async ([, body, options]) => {
  const ran = await run(`${body}; forceFlush({ timeoutMillis: 3000 })`, {
    options,
    env: throughProxy(),
    sink: { json: options.includes('json') },
  })
  const all = ['traces', 'logs', 'metrics']
    .flatMap((signal) => ran.sink.items(signal as 'traces'))
    .map(({ name, body: text }) => name ?? text?.stringValue)
  expect(all).toContain('span')
  expect(linesAbout(ran, /refused \d/)).toEqual([])
})
test.concurrent.for(['', 'process.exit(3)', `setTimeout(() => { throw new Error('boom') }, 5)`])(
  'C29 · a proxy that always answers 407, end %j: the line is about the proxy',
  async (end) => {
    const ran = await run(`withSpan('span', () => {}); ${end}`, {
      options: `endpoint: 'http://127.0.0.1:1', metricsEnabled: false`,
      env: { ...throughProxy() },
    })
    expect(linesAbout(ran, /proxy.*407/).length).toBeGreaterThan(0)
  },
)

const TEN = `for (let i = 0; i < 10; i++) withSpan('s', () => {})`
test.concurrent.for<[title: string, options: string, end: string, reason: RegExp]>([
  ['refused, process.exit()', `dsn: 'http://t@127.0.0.1:1'`, 'process.exit(3)', /connection refused$/],
  ['refused, an uncaught error', `dsn: 'http://t@127.0.0.1:1'`, `throw new Error('boom')`, /connection refused$/],
  ['refused, gRPC', `endpoint: 'http://127.0.0.1:1', protocol: 'grpc'`, 'process.exit(3)', /connection refused$/],
  [
    'refused, a SIGTERM handler that exits',
    `dsn: 'http://t@127.0.0.1:1'`,
    `process.on('SIGTERM', () => process.exit(4)); process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)`,
    /connection refused$/,
  ],
  ['a host that does not exist', `dsn: 'http://t@no-such-host.invalid'`, 'process.exit(3)', /host not found$/],
])('C33 · no back end: %s: the line says why', async ([, options, end, reason]) => {
  const ran = await run(`${TEN}; ${end}`, { options: `${options}, metricsEnabled: false` })
  expect(linesAbout(ran, /10 spans.* could not be delivered in time; /).at(-1)).toMatch(reason)
})

const SPANS = `for (let i = 0; i < 12_000; i++) withSpan('s', (span) => span.setAttribute('a', String(Math.random())))`
const RECORDS = `const logger = logs.getLogger('app'); for (let i = 0; i < 12_000; i++) logger.emit({ body: String(Math.random()) })`
const SMALL = { env: { UPTRACE_BUFFER_LIMIT: '50000' } }
test.concurrent.for<[title: string, flood: string, line: RegExp]>([
  ['spans', SPANS, /\d{4,} spans for \S+ were dropped: the buffer was full/],
  ['log records', RECORDS, /\d{4,} log records for \S+ were dropped: the buffer was full/],
  [
    'spans and log records',
    `${RECORDS}; ${SPANS}`,
    /\d{4,} (?:spans|log records)(?:, \d+ (?:spans|log records))? for \S+ were dropped: the buffer was full/,
  ],
])('C37 · %s beyond what the buffer holds: a line says that they are dropped', async ([, flood, line]) => {
  const ran = await run(`${flood}; setTimeout(() => {}, 800)`, SMALL)
  expect(linesAbout(ran, /were dropped/).length).toBeLessThanOrEqual(2)
  expect(linesAbout(ran, /were dropped/)[0]).toMatch(line)
})
test.concurrent.for<[title: string, flood: string]>([
  ['spans', SPANS],
  ['log records', RECORDS],
])('C37 · an outage that loses nothing, after a flood of %s, says so', async ([, flood]) => {
  const ran = await run(
    `${flood}; (async () => {
  await forceFlush(); await fetch('$URL/outage'); withSpan('late', () => {})
  await forceFlush({ timeoutMillis: 4000 }); await sleep(50) })()`,
    {
      ...SMALL,
      options: 'instrumentations: { undici: false }, metricsEnabled: false',
      onSink: (sink) => {
        let left = 3
        sink.behaviour = () =>
          sink.requests.some(({ path }) => path === '/outage') && left-- > 0 ? { status: 503 } : 'ok'
      },
    },
  )
  expect(linesAbout(ran, / again after /)[0]).toMatch(/nothing was dropped$/)
  expect(spanNames(ran)).toContain('late')
})
