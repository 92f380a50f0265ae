/** Queries for log records as users of other tools type them; what each must find is said in plain code. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LogList, ROUTES } from '../../../src/viewer/api.ts'
import { type Harness, startHarness } from '../harness.ts'
import { LOGS, LOGS_REQUEST, type LogRecord, TRACES_REQUEST, traceIdOf } from './as-typed-data.ts'
import { expectRefused } from './expect-refused.ts'

let viewer: Harness
beforeAll(async () => {
  viewer = await startHarness()
  await viewer.send('/v1/traces', TRACES_REQUEST)
  await viewer.send('/v1/logs', LOGS_REQUEST)
})
afterAll(() => viewer[Symbol.asyncDispose]())

type Matches = (record: LogRecord) => boolean
const isError: Matches = ({ severity }) => severity === 'error'
const isBad: Matches = ({ severity }) => severity === 'error' || severity === 'fatal'
const isWarn: Matches = ({ severity }) => severity === 'warn'

test.for<[query: string, matches: Matches]>([
  ['level:error', isError],
  ['log.level: "error" or log.level: "fatal"', isBad],
  ['level in (error, fatal)', isBad],
  ['level:(error OR fatal)', isBad],
  ['level:error,fatal', isBad],
  ['level:[error, fatal]', isBad],
  ['severity >= ERROR', isBad],
  ['severity > warn', isBad],
  ['severity_number >= 17', isBad],
  ['_severity = "ERROR"', isError],
  ['is:error', isBad],
  ['error=true', isBad],
  ['error:false level:warn', isWarn],
  ['level:err', isError],
  ['level:critical', ({ severity }) => severity === 'fatal'],
  ['level != debug and level != info', ({ severity }) => !/debug|info/.test(severity)],
  ['NOT level:(debug or info)', ({ severity }) => !/debug|info/.test(severity)],
  ['-level:debug -level:info', ({ severity }) => !/debug|info/.test(severity)],
  ['message: "slow query"*', isWarn],
  ['message:slow*', isWarn],
  ['message:"*retrying*"', isWarn],
  ['body contains "slow query"', isWarn],
  ['body like "slow query%"', isWarn],
  ['body does not contain "GET"', ({ body }) => !body.includes('GET')],
  ['_body =~ "took \\d+ms"', isWarn],
  ['body:/took [0-9]+ms.*/', isWarn],
  ['slow query', isWarn],
  ['"slow query took 200ms"', ({ n }) => n === 2],
  ['"[attempt=7]"', ({ n }) => n === 7],
  ['"attempt=7"', ({ n }) => n === 7],
  ['ECONNREFUSED 127.0.0.1:5432', isError],
  ['/cart/15', ({ n }) => n === 15],
  ['GET /cart/11', ({ n }) => n === 11],
  ['@requestId:req-4', ({ n }) => n === 4],
  ['requestid=req-4', ({ n }) => n === 4],
  ['user.id:>=15', ({ n }) => n >= 15],
  ['user.id in [3, 4, 5]', ({ n }) => n >= 3 && n <= 5],
  ['user_id = 6', ({ n }) => n === 6],
  ['enduser.id:[3 TO 5]', ({ n }) => n >= 3 && n <= 5],
  ['thread.name = "main loop"', ({ n }) => n % 4 === 0],
  ['thread.name is null', ({ n }) => n % 4 !== 0],
  ['thread.name = null', ({ n }) => n % 4 !== 0],
  ['has:exception.type', isError],
  ['no:exception.type', (record) => !isError(record)],
  ['exception.type:ConnectError service:shop', (record) => isError(record) && record.service === 'shop'],
  [
    'service.name: worker and not level: debug',
    ({ service, severity }) => service === 'worker' && severity !== 'debug',
  ],
  ['service_name = "worker"', ({ service }) => service === 'worker'],
  ['host:shop-1', ({ service }) => service === 'shop'],
  ['env:staging', ({ service }) => service === 'shop'],
  ['resource.k8s.pod.name=worker*', ({ service }) => service === 'worker'],
  ['{service_name="shop"} level:warn', (record) => isWarn(record) && record.service === 'shop'],
  ['library:pino', () => true],
  [`trace_id:${traceIdOf(3)}`, ({ n }) => n === 3],
  [`trace.id: "${traceIdOf(3).toUpperCase()}"`, ({ n }) => n === 3],
  [`00-${traceIdOf(3)}-beef000000000032-01`, ({ n }) => n === 3],
  ['has:trace', ({ n }) => n < 10],
  ['level:warn..error', ({ severity }) => severity === 'warn' || severity === 'error'],
  ['NOT level:debug..warn', ({ severity }) => severity === 'error' || severity === 'fatal'],
  ['attributes["user.id"] = 3', ({ n }) => n === 3],
  ['trace is null', ({ n }) => n >= 10],
  ['trace = nil', ({ n }) => n >= 10],
])('%s', async ([query, matches]) => {
  const { logs } = await viewer.get<LogList>(`${ROUTES.logs}?limit=100&order=oldest&q=${encodeURIComponent(query)}`)
  const expected = LOGS.filter(matches).map(({ n }) => n)
  expect(logs.map(({ attributes }) => attributes['user.id'])).toEqual(expected)
})

test.for<[query: string, message: RegExp, at: string]>([
  ['kind:server', /field of spans/, 'kind'],
  ['sevrity:error', /severity\?/, 'sevrity'],
  ['levle:error', /level\?/, 'levle'],
  ['level:loud', /no severity/, 'level'],
  ['level:eror', /no severity.*error/, 'level'],
  ['{app="shop"} |= "error"', /Loki/, '{'],
  ['level:error | json', /pipeline/, '|'],
  ['level:error | top service', /pipeline/, '|'],
  ['level:50', /level>=error/, 'level'],
  ['level>=30', /1 to 24/, 'level'],
  ['level:warn..loud', /no severity "loud"/, 'level'],
  ['status:error', /severity\?/, 'status'],
  ['request_id exists', /requestId\?/, 'request_id'],
  ['timestamp > "2026-01-01"', /Time is no part/, 'timestamp'],
  ['Error: connect ECONNREFUSED', /in quotes/, 'Error'],
  ['level:(error', /not closed/, '('],
  ['body=~"*x"', /not a regular expression/, 'body'],
])('%s is refused', (row) => expectRefused(viewer, ROUTES.logs, row))

test.for<[query: string, unknown: string[]]>([
  ['tenant=acme level:error', ['tenant']],
  ['ConnectError: refused', ['ConnectError']],
])('%s finds nothing, and says which fields nothing has', async ([query, unknown]) => {
  const list = await viewer.get<LogList>(`${ROUTES.logs}?q=${encodeURIComponent(query)}`)
  expect(list).toMatchObject({ logs: [], unknownFields: unknown })
})
