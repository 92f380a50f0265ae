/** The query language as people type it, in the forms of several tools: on a real viewer, with what each must find. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LogList, ROUTES, type TraceList } from '../../../src/viewer/api.ts'
import { type Harness, startHarness } from '../harness.ts'

let viewer: Harness

/** Twelve traces: every second is slow, every third fails, every fourth is of customer-2. */
beforeAll(async () => {
  viewer = await startHarness()
  const now = Date.now()
  const attribute = (key: string, value: unknown) => ({
    key,
    value:
      typeof value === 'number'
        ? Number.isInteger(value)
          ? { intValue: String(value) }
          : { doubleValue: value }
        : typeof value === 'boolean'
          ? { boolValue: value }
          : Array.isArray(value)
            ? { arrayValue: { values: value.map((one) => ({ stringValue: one })) } }
            : { stringValue: value },
  })
  const spans = Array.from({ length: 12 }, (_, n) => {
    const traceId = (n + 1).toString(16).padStart(32, '0')
    const start = BigInt(now - 60_000 + n * 1000) * 1_000_000n
    const millis = n % 2 === 0 ? 200 : 5
    const isFailed = n % 3 === 0
    const root = {
      traceId,
      spanId: (n * 2 + 1).toString(16).padStart(16, '0'),
      name: n % 4 === 0 ? 'GET /users/{id}' : 'POST /orders',
      kind: 2,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + BigInt(millis) * 1_000_000n),
      status: isFailed ? { code: 2, message: 'no stock left' } : {},
      attributes: [
        attribute('customer', n % 4 === 0 ? 'customer-2' : 'customer-1'),
        attribute(n % 2 === 0 ? 'http.response.status_code' : 'http.status_code', isFailed ? 503 : 200),
        attribute('cart.items', n),
        attribute('vip', n < 3),
        attribute('tags', n === 5 ? ['red', 'blue'] : ['green']),
        attribute('url.full', 'http://shop.test/a?b=c'),
      ],
      events: isFailed
        ? [
            {
              name: 'exception',
              timeUnixNano: String(start),
              attributes: [attribute('exception.type', n === 0 ? 'TypeError' : 'StockError')],
            },
          ]
        : [],
    }
    const child = {
      traceId,
      spanId: (n * 2 + 2).toString(16).padStart(16, '0'),
      parentSpanId: root.spanId,
      name: 'SELECT users',
      kind: 3,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + 1_000_000n),
      attributes: [attribute('db.system.name', 'postgresql')],
    }
    return [root, child]
  })
  const resource = (name: string) => ({
    attributes: [attribute('service.name', name), attribute('deployment.environment.name', 'test')],
  })
  await viewer.send('/v1/traces', {
    resourceSpans: [{ resource: resource('shop'), scopeSpans: [{ scope: { name: 'lib-http' }, spans: spans.flat() }] }],
  })
  await viewer.send('/v1/logs', {
    resourceLogs: [
      {
        resource: resource('shop'),
        scopeLogs: [
          {
            logRecords: [9, 13, 17, 21, 5].map((severityNumber, n) => ({
              timeUnixNano: String(BigInt(now - n) * 1_000_000n),
              severityNumber,
              body: { stringValue: n === 2 ? 'payment a=b failed' : `line ${n}` },
              attributes: [attribute('user.id', n), ...(n < 2 ? [attribute('trace_step', 'x')] : [])],
            })),
          },
        ],
      },
    ],
  })
})
afterAll(() => viewer[Symbol.asyncDispose]())

const findTraces = async (q: string): Promise<number> =>
  (await viewer.get<TraceList>(`${ROUTES.traces}?limit=100&q=${encodeURIComponent(q)}`)).traces.length
const findLogs = async (q: string): Promise<number> =>
  (await viewer.get<LogList>(`${ROUTES.logs}?limit=100&q=${encodeURIComponent(q)}`)).logs.length
const refuse = async (route: string, q: string): Promise<{ message: string; position: number }> => {
  const response = await viewer.fetch(`${route}?q=${encodeURIComponent(q)}`)
  const { error } = (await response.json()) as { error: { code: string; message: string; position: number } }
  expect([response.status, error?.code]).toEqual([400, 'bad_query'])
  return error
}

describe('traces', () => {
  test.for<[query: string, traces: number]>([
    ['', 12],
    ['status:error', 4],
    ['NOT status:error', 8],
    ['not status:error', 8],
    ['!status:error', 8],
    ['-status:error', 8],
    ['NOT (status:error)', 8],
    ['NOT NOT status:error', 4],
    ['customer = "customer-2"', 3],
    ['customer == customer-2', 3],
    ["customer='customer-2'", 3],
    ['customer =customer-2', 3],
    ['customer: customer-2', 3],
    ['customer != "customer-2" kind:server', 9],
    ['duration > 10ms', 6],
    ['duration>10 ms', 6],
    ['duration > 0.01s', 6],
    ['duration >= 200', 6],
    ['duration>10ms AND duration<1s', 6],
    ['duration:150ms..1s', 6],
    ['kind:server duration:4ms..10ms', 6],
    ['status:error OR duration>50ms', 8],
    ['status:error || duration>50ms', 8],
    ['status:error or duration > 50ms', 8],
    ['status:error && duration>50ms', 2],
    ['(status:error OR duration>50ms) AND customer=customer-2', 3],
    ['status:error AND NOT customer=customer-2', 3],
    ['(customer-2 /users)', 3],
    ['NOT status:error NOT duration>50ms', 4],
    ['NOT (status:error OR duration>50ms)', 4],
    ['status:error OR NOT duration>50ms', 8],
    ['{ duration > 100ms }', 6],
    ['{ status = error }', 4],
    ['{ .customer = "customer-2" && status = error }', 1],
    ['{ span.customer = "customer-2" }', 3],
    ['{ resource.service.name = "shop" }', 12],
    ['{ resource.deployment.environment = "test" && name = "POST /orders" }', 9],
    ['{ status = error } && { span.db.system = "postgresql" }', 4],
    ['{ kind = client && status = error }', 0],
    ['{}', 12],
    ['where duration > 10ms', 6],
    ['where _status_code = "error" | where _duration > 10ms', 2],
    ['where span.name contains "orders"', 9],
    ['name =~ "^GET"', 3],
    ['name !~ "^(GET|POST|SELECT)"', 0],
    ['name=~/orders/', 9],
    ['name:get*', 3],
    ['name~orders', 9],
    ['name:"GET /users/{id}"', 3],
    ['name:POST*|GET*', 12],
    ['/users/{id}', 3],
    ['customer in (customer-2, customer-3)', 3],
    ['customer not in (customer-2) kind:server', 9],
    ['customer:(customer-2 OR customer-1)', 12],
    ['http.response.status_code:500..599', 4],
    ['http.response.status_code:[500 TO 599]', 4],
    ['http.response.status_code:5xx', 4],
    ['http.status_code=503', 4],
    ['http.status_code >= 500', 4],
    ['http.response.status_code:200', 8],
    ['exception.type=*', 4],
    ['exception.type:StockError', 3],
    ['has:exception.type', 4],
    ['exception.type exists', 4],
    ['NOT exception.type exists', 8],
    ['_exists_:exception.type', 4],
    ['event:exception', 4],
    ['event.exception.type = "TypeError"', 1],
    ['message~stock', 4],
    ['cart.items:3..5', 3],
    ['cart.items>9', 2],
    ['vip=true', 3],
    ['vip:TRUE', 3],
    ['tags:red', 1],
    ['tags=green', 11],
    ['error=true', 4],
    ['error:false kind:client', 12],
    ['Status:ERROR', 4],
    ['STATUS=STATUS_CODE_ERROR', 4],
    ['span.kind=server', 12],
    ['kind:SPAN_KIND_CLIENT', 12],
    ['service.name=shop', 12],
    ['service=other', 0],
    ['trace.spans>1', 12],
    ['trace.duration>100ms', 6],
    ['trace.duration>100ms OR status:error', 8],
    ['root.name:GET*', 3],
    ['traceDuration > 100ms', 6],
    ['rootName = "POST /orders"', 9],
    ['trace:00000000000000000000000000000001', 1],
    ['00000000000000000000000000000001', 1],
    ['parent=nil', 12],
    ['scope:lib-http', 12],
    ['library = lib-http', 12],
    ['url.full:http://shop.test/a?b=c', 12],
    ['http://shop.test', 12],
    ['"no stock left"', 4],
    ['no stock', 4],
    ['customer-*', 12],
    ['status:error, duration>50ms', 2],
    ['unknown.attribute=1', 0],
  ])('%s', async ([query, traces]) => {
    expect(await findTraces(query)).toBe(traces)
  })

  test.for<[query: string, message: RegExp]>([
    ['durtion>10ms', /no field durtion.*duration\?/],
    ['staus:error', /no field staus.*status\?/],
    ['custmer=x', /no field custmer.*customer\?/],
    ['http.respons.status_code=500', /http\.response\.status_code\?/],
    ['status:500', /http\.response\.status_code:500/],
    ['status>=500', /http\.response\.status_code/],
    ['severity:error', /field of log records/],
    ['duration>abc', /not a duration/],
    ['duration>', /needs a value/],
    ['status:', /needs a value/],
    ['=5', /field stands before/],
    ['status:error AND', /missing at the end/],
    ['status:error OR OR x', /not expected/],
    ['(status:error', /not closed/],
    ['status:error)', /not opened/],
    ['name:"abc', /quote is not closed/],
    ['name=~"(a+)+$"', /repeats/],
    ['name=~"("', /not a regular expression/],
    ['kind:sever', /none of/],
    ['badge:fast', /no badge/],
    ['{ a } >> { b }', /Relations/],
    ['{ status = error } | count() > 2', /aggregates/],
    ['where duration>1ms group by service', /GROUP BY/],
    ['SELECT * FROM spans', /SQL/],
    ['trace.depth>3', /those of a trace/],
  ])('%s is refused, with the right form and the place', async ([query, message]) => {
    const error = await refuse(ROUTES.traces, query)
    expect(error.message).toMatch(message)
    expect(error.position).toBeGreaterThanOrEqual(0)
    expect(error.position).toBeLessThanOrEqual(query.length)
  })
})

describe('logs', () => {
  test.for<[query: string, records: number]>([
    ['severity:error', 1],
    ['level = error', 1],
    ['level:warning', 1],
    ['severity >= warn', 3],
    ['severity<warn', 2],
    ['severity>=error OR body~line', 5],
    ['NOT severity:error', 4],
    ['!(severity:error || severity:fatal)', 3],
    ['body:"payment*"', 1],
    ['message contains "payment"', 1],
    ['a=b', 0],
    ['"a=b"', 1],
    ['user.id:1..3', 3],
    ['enduser.id=2', 1],
    ['trace_step exists', 2],
    ['service=shop level:info', 1],
    ['body =~ "line [0-4]"', 4],
    ['body !~ "line"', 1],
    ['severity:17', 1],
  ])('%s', async ([query, records]) => {
    expect(await findLogs(query)).toBe(records)
  })

  test.for<[query: string, message: RegExp]>([
    ['duration>5ms', /field of spans/],
    ['sevrity:error', /severity\?/],
    ['level:loud', /no severity/],
  ])('%s is refused', async ([query, message]) => {
    expect((await refuse(ROUTES.logs, query)).message).toMatch(message)
  })
})
