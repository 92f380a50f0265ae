/** What users of `--import` can say in the environment, and where doctor looks. */
import path from 'node:path'
import { expect, test } from 'vitest'
import { PACKAGE } from '../support/run-node.ts'
import { attributesOf, run, spanNames } from './program.ts'

const PRELOAD = { options: null, flags: ['--import', 'uptrace-node/register'] }
const SERVER = `const server = require('http').createServer((request, response) => response.end('ok')).listen(0, '127.0.0.1', use)
const ask = (path = '/', headers = {}) => fetch('http://127.0.0.1:' + server.address().port + path, { headers }).then(async (answer) => { await answer.text(); return answer })`
/** A server that answers as PostgreSQL does, as far as pg needs it, and prints each statement. */
const POSTGRES = `const server = require('net').createServer((socket) => {
  const ready = Buffer.from('5a0000000549', 'hex')
  socket.once('data', () => {
    socket.write(Buffer.concat([Buffer.from('520000000800000000', 'hex'), ready]))
    socket.on('data', (data) => {
      if (data[0] !== 0x51) return
      console.log(data.subarray(5, -1).toString())
      socket.write(Buffer.concat([Buffer.from('430000000d53454c454354203000', 'hex'), ready]))
    })
  })
}).listen(0, '127.0.0.1', async () => {
  const client = new (require('pg').Client)({ host: '127.0.0.1', port: server.address().port, user: 'u', database: 'd', ssl: false })
  await client.connect(); await client.query('SELECT 1'); await client.end(); server.close()
})`

type See = (ran: Awaited<ReturnType<typeof run>>) => unknown
const CASES: Record<string, [env: Record<string, string>, body: string, see: See, right: unknown]> = {
  responseHeaders: [
    { UPTRACE_RESPONSE_HEADERS: 'trace-id,server-timing' },
    `${SERVER}; async function use() { const { headers } = await ask(); console.log(headers.get('trace-id')?.length, /traceparent/.test(headers.get('server-timing'))); server.close() }`,
    ({ stdout }) => stdout,
    '32 true\n',
  ],
  sqlComments: [
    { UPTRACE_SQL_COMMENTS: 'true' },
    POSTGRES,
    ({ stdout }) => stdout,
    expect.stringMatching(/^SELECT 1 \/\*traceparent='00-\w{32}-\w{16}-0\d'\*\/\n$/),
  ],
  connectionPhases: [
    { UPTRACE_CONNECTION_PHASES: 'true' },
    `${SERVER}; async function use() { await ask(); server.close() }`,
    ({ sink }) => sink.items('traces').flatMap(({ events = [] }) => events.map(({ name }: { name: string }) => name)),
    expect.arrayContaining(['http.connect', 'http.first_byte']),
  ],
  baggageKeys: [
    { UPTRACE_BAGGAGE_KEYS: 'tenant' },
    `${SERVER}; async function use() { await ask('/', { baggage: 'tenant=acme,secret=x' }); server.close() }`,
    ({ sink }) =>
      sink
        .items('traces')
        .filter(({ kind }) => kind === 2)
        .map((span) => [attributesOf(span)['tenant'], attributesOf(span)['secret']]),
    [['acme', undefined]],
  ],
  ignoreUrls: [
    { UPTRACE_IGNORE_URLS: '/ping,/\\.ico$/' },
    `${SERVER}; async function use() { for (const path of ['/ping', '/a.ico', '/users', '/health']) await ask(path); server.close() }`,
    ({ sink }) =>
      sink
        .items('traces')
        .filter(({ kind }) => kind === 2)
        .map((span) => attributesOf(span)['url.path']),
    ['/users', '/health'],
  ],
  minLogSeverity: [
    { UPTRACE_MIN_LOG_SEVERITY: 'warn' },
    `const logger = logs.getLogger('app'); logger.emit({ severityNumber: 9, body: 'info' }); logger.emit({ severityNumber: 13, body: 'warn' })`,
    ({ sink }) => sink.items('logs').map(({ body }) => body.stringValue),
    ['warn'],
  ],
  'logs.keys': [
    { UPTRACE_LOG_KEYS: 'traceId=trace.id,parentSpanId=parent_id' },
    `const logger = require('pino')(); withSpan('outer', () => withSpan('inner', () => logger.info('hello')))`,
    ({ stdout }) =>
      Object.keys(JSON.parse(stdout))
        .filter((key) => /trace|parent/.test(key))
        .sort(),
    ['parent_id', 'trace.id', 'trace_flags'],
  ],
}

test.concurrent.for(Object.entries(CASES))('C30 · %s has a variable', async ([, [env, body, see, right]]) => {
  const ran = await run(body, { ...PRELOAD, env: { UPTRACE_DSN: '$DSN', ...env } })
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(see(ran)).toEqual(right)
})

interface Check {
  readonly name: string
  readonly status: string
  readonly detail: string
}

/** A program that runs `doctor` on the program beside it. */
function doctorOn(body: string): string {
  const command = [path.join(PACKAGE, 'dist/cli.cjs'), 'doctor', '--json', '--', process.execPath]
  return `require('fs').writeFileSync(__dirname + '/app.cjs', ${JSON.stringify(body)})
const { spawnSync } = require('child_process'), command = ${JSON.stringify(command)}
require('child_process').execFile(process.execPath, [...command, __dirname + '/app.cjs'], { cwd: __dirname }, (error, stdout) => console.log(JSON.stringify({ code: error?.code ?? 0, checks: JSON.parse(stdout).checks })))`
}

const LOADS = `const { configureOpentelemetry } = require('uptrace-node')\n`
test.concurrent.for<[title: string, body: string, status: number, detail: RegExp]>([
  ['a DSN in code, 403', `${LOADS}configureOpentelemetry({ dsn: '$DSN' })`, 403, /403; the token is not known there/],
  ['a DSN in code, 401', `${LOADS}configureOpentelemetry({ dsn: '$DSN' })`, 401, /401; the token is wrong or missing/],
  [
    'an endpoint in code, 404',
    `${LOADS}configureOpentelemetry({ endpoint: '$URL' })`,
    404,
    /404; nothing takes OTLP at this path/,
  ],
  [
    'a DSN that is set in code as a variable, later',
    `setTimeout(() => { process.env.UPTRACE_DSN = '$DSN'; require('uptrace-node').configureOpentelemetry() }, 50)`,
    403,
    /403; the token is not known there/,
  ],
  [
    'a DSN in code of a child',
    `if (process.send) require('uptrace-node').configureOpentelemetry({ dsn: '$DSN' }); else require('child_process').fork(__filename)`,
    403,
    /403; the token is not known there/,
  ],
  [
    'a DSN in code of a program that aborts',
    `${LOADS}configureOpentelemetry({ dsn: '$DSN' }); process.abort()`,
    403,
    /403; the token is not known there/,
  ],
  [
    'a list of DSNs in code',
    `${LOADS}configureOpentelemetry({ dsn: ['$DSN'] })`,
    403,
    /403; the token is not known there/,
  ],
])('C31 · doctor asks the destination of the program: %s', async ([, body, status, detail]) => {
  const ran = await run(doctorOn(body), { options: null, behaviour: { status } })
  const { code, checks } = JSON.parse(ran.stdout) as { code: number; checks: Check[] }
  expect(checks.find(({ name }) => name.startsWith('traces to'))).toMatchObject({
    status: 'failed',
    detail: expect.stringMatching(detail),
  })
  expect(code).toBe(1)
})

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const SPAN = `withSpan('span', () => {})`
test.concurrent.for<[title: string, options: string | null, env: Record<string, string>, authorization: string]>([
  ['in code', `endpoint: 'http://user:pass@127.0.0.1:$PORT'`, {}, basic('user:pass')],
  [
    'in OTEL_EXPORTER_OTLP_ENDPOINT',
    null,
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:pass@127.0.0.1:$PORT' },
    basic('user:pass'),
  ],
  [
    'in the variable of a signal',
    null,
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://user:pass@127.0.0.1:$PORT/v1/traces' },
    basic('user:pass'),
  ],
  ['percent-encoded', `endpoint: 'http://us%40er:p%3Ass%2F@127.0.0.1:$PORT'`, {}, basic('us@er:p:ss/')],
  ['without a password', `endpoint: 'http://user@127.0.0.1:$PORT'`, {}, basic('user:')],
  ['beyond ASCII', `endpoint: 'http://us%C3%A9r:pass@127.0.0.1:$PORT'`, {}, basic('usér:pass')],
])(
  'C47 · user and password of an endpoint %s are sent as Basic authorization',
  async ([, options, env, authorization]) => {
    const preload = options === null ? { flags: PRELOAD.flags } : {}
    const ran = await run(SPAN, { options, env, ...preload })
    expect(spanNames(ran)).toEqual(['span'])
    expect(ran.sink.requests[0]?.headers.authorization).toBe(authorization)
    expect(ran.stdout + ran.stderr).not.toContain('pass')
  },
)
