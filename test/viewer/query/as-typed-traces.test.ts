/** Queries for traces as users of other tools type them; what each must find is said in plain code. One file, since it is one table. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROUTES, type TraceList } from '../../../src/viewer/api.ts'
import { type Harness, startHarness } from '../harness.ts'
import { type Span, TRACES, TRACES_REQUEST, type Trace, traceIdOf } from './as-typed-data.ts'
import { expectRefused } from './expect-refused.ts'

let viewer: Harness
beforeAll(async () => {
  viewer = await startHarness()
  await viewer.send('/v1/traces', TRACES_REQUEST)
})
afterAll(() => viewer[Symbol.asyncDispose]())

type Matches = (trace: Trace) => boolean

const some =
  (meets: (span: Span) => boolean): Matches =>
  ({ spans }) =>
    spans.some(meets)
const root =
  (meets: (span: Span) => boolean): Matches =>
  (trace) =>
    meets(trace.root)
const not =
  (matches: Matches): Matches =>
  (trace) =>
    !matches(trace)
const code = ({ root: { attributes } }: Trace): number =>
  Number(attributes['http.response.status_code'] ?? attributes['http.status_code'])
const service = (name: string): Matches => some((span) => span.service === name)
const slower = (ms: number): Matches => some((span) => span.ms > ms)
const isGet = ({ root: { name } }: Trace): boolean => name.startsWith('GET ')
const all: Matches = () => true
const none: Matches = () => false
const failed: Matches = (trace) => code(trace) >= 500
const ofJane = root(({ attributes }) => attributes['user.name'] === 'Jane Doe')

/** Habits by tool; each pair is a query and the traces that it means. */
const HABITS: Readonly<Record<string, readonly (readonly [query: string, matches: Matches])[]>> = {
  Jaeger: [
    ['error=true', failed],
    ['error=true http.status_code=500', (trace) => code(trace) === 500],
    ['http.status_code=404 http.method=GET', (trace) => code(trace) === 404 && isGet(trace)],
    ['span.kind=consumer', some(({ kind }) => kind === 'consumer')],
    ['otel.status_code=ERROR', failed],
    ['otel.library.name=kafkajs', some(({ scope }) => scope === 'kafkajs')],
    ['db.statement="SELECT * FROM \\"users\\" WHERE id = ?"', all],
    ['http.url=*page=2*', all],
  ],
  'OTTL, SDKs': [
    ['attributes["http.status_code"] = 500', (trace) => code(trace) === 500],
    ["span.attributes['http.status_code'] >= 500", failed],
    ['resource.attributes["service.name"] = "shop"', service('shop')],
    ['resource.attributes.service.name=shop', service('shop')],
    ['attributes["http.status_code"]:500..', failed],
    ['kind:SPAN_KIND_SERVER status:STATUS_CODE_ERROR', failed],
  ],
  Honeycomb: [
    ['trace.parent_id does-not-exist', all],
    ['trace.parent_id does-not-exist http.status_code >= 500', failed],
    ['http.status_code in (500, 503)', failed],
    ["http.status_code in ['500', '503']", failed],
    ['name does-not-contain checkout', not(root(({ name }) => name.includes('checkout')))],
    ['duration_ms > 1000', slower(1000)],
  ],
  numbers: [
    ['http.status_code == 500.0', (trace) => code(trace) === 500],
    ['http.status_code = "503.00"', (trace) => code(trace) === 503],
    ['NOT http.status_code = 500.0', (trace) => code(trace) !== 500],
    ['http.status_code >= 499.5', failed],
    ['duration >= 1.5e3ms', some(({ ms }) => ms >= 1500)],
    ['duration>1,000ms', slower(1000)],
    ["duration > '1 second'", slower(1000)],
  ],
  TraceQL: [
    [
      '{ span.http.status_code >= 400 && span.http.status_code < 500 }',
      (trace) => code(trace) >= 400 && code(trace) < 500,
    ],
    [
      '{resource.service.name="shop" && name="GET /cart/:id"}',
      some((s) => s.service === 'shop' && s.name === 'GET /cart/:id'),
    ],
    ['{ status != ok && kind = server }', root(({ status }) => status !== 'ok')],
    ['{ kind = producer || kind = consumer }', some(({ kind }) => kind === 'producer' || kind === 'consumer')],
    ['{ span:duration > 2s }', slower(2000)],
    ['{ trace:duration > 1m }', slower(60_000)],
    ['{ trace:rootName = "POST /checkout" }', root(({ name }) => name === 'POST /checkout')],
    ['{ trace:rootService = "admin" }', root((s) => s.service === 'admin')],
    ['{ rootServiceName = "web" }', root((s) => s.service === 'web')],
    ['{ event:name = "exception" }', failed],
    ['{ event.exception.message =~ ".*declined.*" }', (trace) => code(trace) === 503],
    ['{ span:statusMessage =~ ".*ECONNREFUSED.*" }', (trace) => code(trace) === 500],
    ['{ statusMessage = "upstream said \\"no\\"" }', (trace) => code(trace) === 503],
    ['{ span.cache.hit = true }', (trace) => trace.n % 2 === 0],
    ['{ span.error.type != nil }', failed],
    ['{ .error.type = nil && kind = server }', not(failed)],
    ['{ span:parentID = nil && name =~ "GET.*" }', isGet],
    ['{ nestedSetParent < 0 && status = error }', failed],
    ['{ instrumentation:name = "kafkajs" }', some(({ scope }) => scope === 'kafkajs')],
    ['{ resource.k8s.pod.name = "worker-7d9f-x2" }', service('worker')],
    ['{ !(status = error) && kind = server }', not(failed)],
    ['{ span."user.name" = "Jane Doe" }', ofJane],
    [
      '{ span.http.response.status_code = 200 } || { span.http.response.status_code = 503 }',
      (t) => code(t) === 200 || code(t) === 503,
    ],
    ['{ duration > 100ms && duration < 1s && kind = server }', root(({ ms }) => ms > 100 && ms < 1000)],
    ['{ name = `SELECT users` && duration >= 1.2s }', root(({ ms }) => ms >= 2400)],
    ['{ resource.service.name =~ "web|admin" }', some((s) => s.service === 'web' || s.service === 'admin')],
    ['{ true }', all],
    [`{ trace:id = "${traceIdOf(7)}" }`, ({ n }) => n === 7],
  ],
  Uptrace: [
    ['where service_name = "shop"', service('shop')],
    ['where http_status_code >= 500', failed],
    ['where _duration > 1.5s', slower(1500)],
    ['where _dur_ms > 1500', slower(1500)],
    ['where _event_name = "retry"', some(({ events }) => events.some(({ name }) => name === 'retry'))],
    [
      'where host_name in ("web-1", "admin-1")',
      some(({ resource }) => /^(web|admin)-1$/.test(String(resource['host.name']))),
    ],
    ['where display_name like "GET%"', isGet],
    ['where user_name like "%Doe"', ofJane],
    ['where user_email not contains "corp" | where _kind = "server"', ofJane],
    ['where error_type exists', failed],
    ['where error_type does not exist', not(failed)],
    ['where deployment_environment = "staging"', service('shop')],
    [
      'where _name contains "cart" | where _status_code = "error"',
      (trace) => failed(trace) && /cart/.test(trace.root.name),
    ],
  ],
  Kibana: [
    [
      'service.name: "shop" and http.response.status_code >= 500',
      (trace) => failed(trace) && trace.root.service === 'shop',
    ],
    ['not service.name: shop', not(service('shop'))],
    ['http.request.method: "POST" or http.request.method: "DELETE"', not(isGet)],
    ['http.request.method: (POST or DELETE)', not(isGet)],
    ['http.response.status_code >= 400 and not http.response.status_code: 404', failed],
    ['user.email: *@example.com', ofJane],
    ['error.type: *', failed],
    ['service.environment: staging', service('shop')],
    [
      'user.name: "Jane Doe" and (service.name: web or service.name: admin)',
      (t) => ofJane(t) && t.root.service !== 'shop',
    ],
    [`trace.id : "${traceIdOf(3)}"`, ({ n }) => n === 3],
  ],
  Lucene: [
    ['+status:error -service:shop', (trace) => failed(trace) && trace.root.service !== 'shop'],
    ['http.response.status_code:>=500', failed],
    ['http.response.status_code:[400 TO *]', (trace) => code(trace) >= 400],
    ['service:sh?p', service('shop')],
    ['name:/GET.*items/', ({ root: { name } }) => name === 'GET /api/v1/items'],
    ['url.full:*localhost\\:3000*', all],
    ['NOT _exists_:error.type', not(failed)],
    [
      '(status:error AND service:web) OR user.id:[120 TO 123]',
      (t) => (failed(t) && t.root.service === 'web') || t.n >= 20,
    ],
  ],
  Datadog: [
    ['service:shop env:staging @http.status_code:500', (trace) => trace.root.service === 'shop' && code(trace) === 500],
    ['@http.status_code:[400 TO 499]', (trace) => code(trace) === 404],
    ['@http.status_code:>=500 -service:web', (trace) => failed(trace) && trace.root.service !== 'web'],
    ['@duration:>2s', slower(2000)],
    ['resource_name:"POST /checkout"', some(({ name }) => name === 'POST /checkout')],
    ['host:worker-1', service('worker')],
    ['version:1.4.2', service('web')],
    ['service:(web OR admin)', some((s) => s.service === 'web' || s.service === 'admin')],
    ['@error.type:TypeError', (trace) => code(trace) === 500],
    ['@user.email:jane*', ofJane],
    [`trace_id:${traceIdOf(11)}`, ({ n }) => n === 11],
  ],
  Sentry: [
    ['has:error.type !user.name:"Jane Doe"', (trace) => failed(trace) && !ofJane(trace)],
    ['!has:error.type', not(failed)],
    ['transaction:"POST /checkout"', root(({ name }) => name === 'POST /checkout')],
    ['transaction.duration:>1m', slower(60_000)],
    ['span.duration:>=2400ms', some(({ ms }) => ms >= 2400)],
    ['user.id:[101, 105, 109]', ({ n }) => [1, 5, 9].includes(n)],
    ['environment:staging', service('shop')],
    ['release:1.4.2', service('web')],
    ['user.email:*@example.com error.type:TypeError', (trace) => ofJane(trace) && code(trace) === 500],
  ],
  GitHub: [
    ['is:error', failed],
    ['-is:error', not(failed)],
    ['no:error.type', not(failed)],
    ['service:shop,admin', some((s) => s.service === 'shop' || s.service === 'admin')],
    ['duration:>1s service:web', some((s) => s.service === 'web' && s.ms > 1000)],
    ['duration:1s..2s', some(({ ms }) => ms >= 1000 && ms < 2000)],
    ['user.id:>=120', ({ n }) => n >= 20],
    ['user.id:*..103', ({ n }) => n <= 3],
  ],
  'SQL and others': [
    ["status = 'error' AND NOT (service = 'web')", (trace) => failed(trace) && trace.root.service !== 'web'],
    ["name LIKE '%checkout'", ({ root: { name } }) => name === 'POST /checkout'],
    ["user.name = 'Bob O''Neil' and user.id < 103", ({ n }) => n > 0 && n < 3],
    ['error.type IS NULL', not(failed)],
    ['error.type is not null and user.id >= 110', (trace) => failed(trace) && trace.n >= 10],
    ['duration_ms > 1500', slower(1500)],
    ['name starts-with "POST"', ({ root: { name } }) => name === 'POST /checkout'],
    ['name startsWith "POST"', ({ root: { name } }) => name === 'POST /checkout'],
    ['user.email ends-with "example.com"', ofJane],
    ['user.email does-not-contain "corp" kind:server', ofJane],
    ['name not like "%cart%" and kind = server', ({ root: { name } }) => !name.includes('cart')],
    ['price >= 30.5', ({ n }) => n >= 21],
    ['delta < -3', ({ n }) => n < 2],
    ['delta = -5', ({ n }) => n === 0],
    ['delta:-5..-3', ({ n }) => n <= 2],
    ['cache.hit = false', ({ n }) => n % 2 === 1],
    ['feature.flags:"dark mode"', ({ n }) => n % 4 === 0],
    ['feature.flags contains dark', ({ n }) => n % 4 === 0],
    ['retry.count > 10', ({ n }) => n % 4 === 1 && n > 10],
  ],
  'units and numbers': [
    ['duration>1.5s', slower(1500)],
    ['duration >= 1.5s', some(({ ms }) => ms >= 1500)],
    ['duration>.5s', slower(500)],
    ['duration > 1 m', slower(60_000)],
    ['duration>1m', slower(60_000)],
    ['duration>1m10s', slower(70_000)],
    ['duration > 0.5 sec', slower(500)],
    ['duration > 2 seconds', slower(2000)],
    ['duration>500msec', slower(500)],
    ['duration<300µs', some(({ ms }) => ms < 0.3)],
    ['duration<300us', some(({ ms }) => ms < 0.3)],
    ['duration > 1e3', slower(1000)],
    ['duration>1,000ms', slower(1000)],
    ['latency>2000', slower(2000)],
    ['duration!=3ms kind:server', root(({ ms }) => ms !== 3)],
    ['http.status_code:4xx,5xx', (trace) => code(trace) >= 400],
    ['http.status_code>=0x1F4', failed],
  ],
  'pasted text': [
    ['connect ECONNREFUSED 127.0.0.1:5432', (trace) => code(trace) === 500],
    ['"connect ECONNREFUSED 127.0.0.1:5432"', (trace) => code(trace) === 500],
    ["Cannot read properties of undefined (reading 'id')", (trace) => code(trace) === 500],
    ['/cart/7?page=2', ({ n }) => n === 7],
    ['/cart/7?page=2&q=a%20b', ({ n }) => n === 7],
    ['http://localhost:3000/cart/12?page=2', ({ n }) => n === 12],
    ['localhost:3000', all],
    ['GET /cart/:id', ({ root: { name } }) => name === 'GET /cart/:id'],
    ['POST /checkout', ({ root: { name } }) => name === 'POST /checkout'],
    ['“Jane Doe”', ofJane],
    ['user.name=“Jane Doe”', ofJane],
    ["Bob O'Neil", not(ofJane)],
    ['user.name="Bob O\'Neil"', not(ofJane)],
    ['jane+test@example.com', ofJane],
    ['user.email=jane+test@example.com', ofJane],
    ['"51% over"', (trace) => code(trace) === 503],
    ['10.0.0.17', ({ n }) => n === 17],
    ['client.address=10.0.0.1', ({ n }) => n === 1],
    ['client.address:10.0.0.1*', ({ n }) => n === 1 || (n >= 10 && n < 20)],
    [traceIdOf(5).toUpperCase(), ({ n }) => n === 5],
    [`00-${traceIdOf(5)}-beef000000000032-01`, ({ n }) => n === 5],
    ['nothing has this text', none],
  ],
}

describe.for(Object.entries(HABITS))('%s', ([, queries]) => {
  test.for(queries)('%s', async ([query, matches]) => {
    const { traces } = await viewer.get<TraceList>(`${ROUTES.traces}?limit=100&q=${encodeURIComponent(query)}`)
    const found = traces.map(({ traceId }) => traceId).sort()
    expect(found).toEqual(TRACES.filter(matches).map(({ n }) => traceIdOf(n)))
  })
})

/** What can't be read is answered with the right form, at the place where it went wrong. */
test.for<[query: string, message: RegExp, at: string]>([
  ['http.response.status_code:(>=500 AND <503)', /write \(http\.response\.status_code>=…/, '>='],
  ['http.response.status_code:{200 TO 500}', /\[200 TO 500\]/, '{'],
  ['http.status_code between 400 and 499', /field:500\.\.599/, 'between'],
  ['duration:500ms-2s', /a range is 50ms\.\.1s/, 'duration'],
  ['500ms<duration', /duration>500ms/, '500ms'],
  ['100ms < duration < 1s', /field stands before the sign/, '100ms'],
  ['>1m', /field stands before it/, '>'],
  ['Error: connect ECONNREFUSED', /put it in quotes/, 'Error'],
  ['servce:shop', /service\?/, 'servce'],
  ['statuss:error', /status\?/, 'statuss'],
  ['dration>1s', /duration\?/, 'dration'],
  ['htp.status_code:500', /http\.status_code\?/, 'htp'],
  ['user.emial:jane*', /user\.email\?/, 'user.emial'],
  ['@htpp.route:x', /http\.route\?/, '@htpp'],
  ['has:eror.type', /error\.type\?/, 'has'],
  ['status:eror', /none of unset, ok, error/, 'status'],
  ['kind:clinet', /none of/, 'kind'],
  ['is:unresolved', /no badge/, 'is'],
  ['@timestamp > now-15m', /Time is no part/, '@timestamp'],
  ['status:error sort:duration-desc', /Order is no part/, 'sort'],
  ['status:error order by duration', /ORDER BY/, 'order'],
  ['status:error limit 10', /LIMIT/, 'limit'],
  ["SELECT count(*) WHERE service='shop'", /SQL is not read/, 'SELECT'],
  ['select * where duration > 100', /SQL is not read/, 'select'],
  ['status:error last 5m', /Time is no part/, 'last'],
  ['past 2 hours', /Time is no part/, 'past'],
  ['exists(user.email)', /has:field/, 'exists'],
  ['contains(url.path, "users")', /Functions are not read/, 'contains'],
  ['status:error startsWith(name, "GET")', /Functions are not read/, 'startsWith'],
  ['duration 100ms..200ms', /duration:100ms\.\.200ms/, '100ms'],
  ['trace.duration 2s', /trace\.duration:2s/, '2s'],
  ['{ status = error } | by(resource.service.name)', /aggregates/, '|'],
  ['{ name = "a" } ~ { name = "b" }', /Relations/, '}'],
  ['status:error limit:10', /limit is no part/i, 'limit'],
  ['service:shop AND (status:error OR', /missing/, ''],
  ['name:"POST /checkout', /quote is not closed/, '"'],
  ['name =~ "[a-"', /not a regular expression/, 'name'],
  ['duration > 1,5s', /with a point: 1\.5s/, '1,5s'],
  ['duration>1,5s', /not a duration/, 'duration'],
  ['status:error & kind:server', /AND or &&/, '&'],
  ['service=shop | stats count by name', /pipeline/, '|'],
  ['http.status_code>=500 OR duration>1s | head 10', /pipeline/, '|'],
  ['where http.status_code::int >= 500', /compared as numbers/, '::int'],
  ['service：shop', /Signs are written/, '：'],
  ['http.status_code=500&http.method=GET', /a blank or AND/, '&'],
  ['name:checkout^2', /weight/, '^2'],
  ['"GET /cart"~2', /distance/, '~2'],
  ['http.status_code>400<500', /http\.status_code:5\.\.9/, '400'],
  ['@duration:>1000000000', /11 days/, '@duration'],
  ['duration>=5000000000', /57 days/, 'duration'],
])('%s is refused', (row) => expectRefused(viewer, ROUTES.traces, row))

test.for<[query: string, unknown: string[]]>([
  ['TypeError: Cannot', ['TypeError']],
  ['tenant.id=5 status:error', ['tenant.id']],
  ['has:tenant.id', ['tenant.id']],
  ['tenant.id exists', ['tenant.id']],
  ['error_type exists duration<1ns', []],
  ['status:error duration<1ns', []],
  ['constructor=1', ['constructor']],
  ['db.internal:5432', ['db.internal']],
])('%s finds nothing, and says which fields nothing has', async ([query, unknown]) => {
  const list = await viewer.get<TraceList>(`${ROUTES.traces}?q=${encodeURIComponent(query)}`)
  expect(list).toMatchObject({ traces: [], unknownFields: unknown })
})
