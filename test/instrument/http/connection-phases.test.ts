/** The phases of a connection on client spans, against real servers, plain and with TLS. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../../faults/sink.ts'
import { createTls } from '../../faults/tls.ts'
import { runSource } from '../../support/run-node.ts'
import { attributesOf, type Decoded } from '../../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const SERVER_DELAY_MILLIS = 40
const CLIENTS = {
  http: `(url) => new Promise((done, fail) => require(url.split(':')[0]).get(url, (response) => response.resume().on('end', () => setImmediate(done))).on('error', fail))`,
  fetch: `async (url) => { await (await fetch(url)).text(); await new Promise(setImmediate) }`,
}

/** Two requests one after the other on one connection, then one to a name that does not exist. */
const program = (scheme: 'http' | 'https', client: keyof typeof CLIENTS, more: string): string => `
  const { configureOpentelemetry } = require('uptrace-node')
  configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', metricsEnabled: false, ${more} })
  const ask = ${CLIENTS[client]}
  const tls = JSON.parse(process.env.TLS ?? '{}')
  const server = require('${scheme}').createServer({ ...tls }, (request, response) => setTimeout(() => response.end('ok'), ${SERVER_DELAY_MILLIS}))
  server.listen(0, async () => {
    const url = '${scheme}://localhost:' + server.address().port + '/'
    await ask(url); await ask(url)
    await ask('${scheme}://nowhere.invalid/').catch(() => {})
    server.close(); server.closeAllConnections()
  })`

const clientSpans = (): Decoded[] => sink.items('traces').filter(({ kind }) => kind === 3)
const phasesOf = (span: Decoded): Decoded[] => (span.events ?? []).filter(({ name }: Decoded) => name !== 'exception')

test.for<['http' | 'https', keyof typeof CLIENTS, string[]]>([
  ['http', 'http', ['http.dns', 'http.connect', 'http.first_byte']],
  ['http', 'fetch', ['http.dns', 'http.connect', 'http.first_byte']],
  ['https', 'http', ['http.dns', 'http.connect', 'http.tls', 'http.first_byte']],
  ['https', 'fetch', ['http.dns', 'http.connect', 'http.tls', 'http.first_byte']],
])('connectionPhases on %s by %s', async ([scheme, client, expected]) => {
  const env: Record<string, string> = {}
  if (scheme === 'https') {
    const tls = createTls()
    env['TLS'] = JSON.stringify({ key: tls.key, cert: tls.cert })
    env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  }
  const result = await runSource('cjs', program(scheme, client, 'connectionPhases: true'), { env })
  expect(result).toMatchObject({ code: 0 })
  const [first, second, failed] = clientSpans()

  expect(phasesOf(first).map(({ name }) => name)).toEqual(expected)
  const attributes = phasesOf(first).map((event) => attributesOf(event))
  for (const { duration_ms } of attributes) expect(duration_ms).toBeGreaterThan(0)
  expect(attributes.at(-1)).toMatchObject({ 'http.connection.reused': false })
  expect(attributes.at(-1)!['duration_ms']).toBeGreaterThan(SERVER_DELAY_MILLIS - 5)
  const instants = phasesOf(first).map(({ timeUnixNano }) => BigInt(timeUnixNano))
  expect(instants).toEqual([...instants].sort((a, b) => (a < b ? -1 : 1)))
  // the clocks of span and event are read in turn
  expect(instants[0]).toBeGreaterThan(BigInt(first.startTimeUnixNano) - 1_000_000n)
  expect(instants.at(-1)).toBeLessThan(BigInt(first.endTimeUnixNano) + 1_000_000n)

  expect(phasesOf(second).map((event) => [event.name, attributesOf(event)['http.connection.reused']])).toEqual([
    ['http.first_byte', true],
  ])
  if (client === 'http') {
    expect(phasesOf(failed).map(({ name }) => name)).toEqual(['http.dns'])
    expect(attributesOf(phasesOf(failed)[0])['error.message']).toContain('ENOTFOUND')
  }
})

test('the hooks of the user are called beside ours', async () => {
  const hooks = `connectionPhases: true, instrumentations: { http: { requestHook: (span) => span.setAttribute('mine', 1), responseHook: () => { throw new Error('mine') } } }`
  expect(await runSource('cjs', program('http', 'http', hooks))).toMatchObject({ code: 0 })
  const [first] = clientSpans()
  expect(attributesOf(first)['mine']).toBe(1)
  expect(phasesOf(first).map(({ name }) => name)).toEqual(['http.dns', 'http.connect', 'http.first_byte'])
})

test('without the option a client span has no events', async () => {
  expect(await runSource('cjs', program('http', 'http', ''))).toMatchObject({ code: 0 })
  expect(clientSpans()).toHaveLength(3)
  expect(clientSpans().flatMap(phasesOf)).toEqual([])
})
