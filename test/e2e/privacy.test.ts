/** An app with default settings in which secrets are planted wherever an app has them: none reaches the back end, and what describes the work does. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.CANARYsignature'
const PG = process.env['UPTRACE_TEST_POSTGRES_URL']

const source = (options = ''): string => `
  const { configureOpentelemetry, shutdown, withSpan } = require('uptrace-node')
  configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', metricExportIntervalMillis: 60_000, ${options} })
  const http = require('http'), app = require('express')(), pino = require('pino')({ level: 'info' }, require('fs').createWriteStream('/dev/null'))
  app.get('/login', (request, response) => {
    pino.info({ req: { headers: request.headers, url: request.url }, user: { id: 7, password: 'CANARY-1' }, authorization: 'Bearer CANARY-2' }, 'login with token=CANARY-3')
    pino.error(new Error('refused: password=CANARY-4 at postgres://u:CANARY-5@db/x'))
    response.send('ok')
  })
  const server = app.listen(0, '127.0.0.1', async () => {
    const base = 'http://127.0.0.1:' + server.address().port + '/login?page=2'
    const headers = { cookie: 'sid=CANARY-6', authorization: 'Bearer CANARY-7', 'x-api-key': 'CANARY-8' }
    await fetch(base + '&token=CANARY-9&sig=CANARY-10&X-Amz-Signature=CANARY-11&X-Goog-Signature=CANARY-12', { headers })
    await fetch(base + '&next=' + encodeURIComponent('/cb?code=CANARY-13') + '&x=${JWT}')
    await new Promise((done) => http.get(base + '&password=CANARY-14&api_key=CANARY-15&session_id=CANARY-16', { headers }, (response) => response.resume().on('end', done)))
    await withSpan('work', async (span) => { span.setAttribute('db.password', 'CANARY-17'); span.addEvent('e', { secret: 'CANARY-18' }); throw new Error('token: CANARY-19') }).catch(() => {})
    ${PG === undefined ? '' : `
    const { Client } = require('pg'); const client = new Client(process.env.UPTRACE_TEST_POSTGRES_URL); await client.connect()
    await client.query("SELECT 'CANARY-20' AS a, 17 AS b WHERE 1 IN (1, 2)")
    await client.query('SELECT $1::text AS kept', ['CANARY-21'])
    for (const wrong of ["SELECT 'CANARY-22'::int", "SELECT CANARY_23 FROM nowhere WHERE a = 'CANARY-24'"]) await client.query(wrong).catch((error) => pino.error(error))
    await client.query('SELECT $1::int', ['CANARY-25']).catch(() => {})
    await client.end()`}
    server.close()
    await shutdown()
  })` // biome-ignore format: a program

test('no planted secret reaches the back end', { timeout: 60_000 }, async () => {
  const result = await runSource('cjs', source(), { timeoutMillis: 40_000, env: PG === undefined ? {} : { UPTRACE_TEST_POSTGRES_URL: PG } })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const all = JSON.stringify(sink.received.map(({ request }) => request))
  // a name of a column that does not exist is a name
  expect(all.match(/CANARY-?[\w-]*/g)?.filter((canary) => !canary.startsWith('CANARY_23')) ?? []).toEqual([])
  expect(all).not.toContain(JWT.split('.')[1])
  const spans = sink.items('traces').map((span) => ({ ...attributesOf(span), kind: span.kind }) as Record<string, unknown>)
  const server = spans.find((span) => span.kind === 2 && String(span['url.query']).includes('api_key'))
  expect(server?.['url.query']).toBe('page=2&password=REDACTED&api_key=REDACTED&session_id=REDACTED')
  expect(spans.map((span) => String(span['url.full']))).toContainEqual(
    expect.stringMatching(/\/login\?page=2&token=REDACTED&sig=REDACTED&X-Amz-Signature=REDACTED&X-Goog-Signature=REDACTED$/),
  )
  if (PG !== undefined) {
    const statements = spans.map((span) => span['db.query.text'] ?? span['db.statement'])
    expect(statements).toContain('SELECT ? AS a, ? AS b WHERE ? IN (?)')
    expect(statements).toContain('SELECT $1::text AS kept')
  }
  expect(sink.items('logs').map(({ body }) => body.stringValue)).toContain('login with token=REDACTED')
}) // biome-ignore format: long lines

test('redaction: false sends all as it is', { timeout: 60_000 }, async () => {
  const env: Record<string, string> = PG === undefined ? {} : { UPTRACE_TEST_POSTGRES_URL: PG }
  await runSource('cjs', source(), { timeoutMillis: 40_000, env: { ...env, UPTRACE_REDACTION: 'false' } })
  const all = JSON.stringify(sink.received.map(({ request }) => request))
  for (const canary of ['CANARY-1"', 'CANARY-9', 'CANARY-17', ...(PG === undefined ? [] : ['CANARY-20'])]) expect(all).toContain(canary)
}) // biome-ignore format: long lines
