/** Queries for values of all kinds as people type them: texts that are no numbers, lists, maps, letters beyond ASCII, names with blanks, structured bodies. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LogList, ROUTES, type TraceList } from '../../../src/viewer/api.ts'
import { type Harness, startHarness } from '../harness.ts'
import { nanos } from '../sample.ts'
import { expectRefused } from './expect-refused.ts'

interface Trip {
  readonly n: number
  readonly service: string
  readonly country: string
  readonly code: number
}
const COUNTRIES = ['Österreich', 'de', 'Ελλάδα', '日本', 'DE']
const TRIPS: readonly Trip[] = Array.from({ length: 20 }, (_, n) => ({
  n,
  service: n % 2 === 0 ? 'Api Gateway' : 'booking',
  country: COUNTRIES[n % 5]!,
  code: [200, 404, 500, 502][n % 4]!,
}))
const traceIdOf = (n: number): string => `abc${n.toString(16).padStart(29, '0')}`

type Json = Record<string, unknown>
const toValue = (value: unknown): Json => {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(toValue) } }
  if (typeof value === 'object') return { kvlistValue: { values: toAttributes(value as Json) } }
  if (typeof value === 'boolean') return { boolValue: value }
  return typeof value === 'number' ? { doubleValue: value } : { stringValue: value }
}
const toAttributes = (values: Json): Json[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: toValue(value) }))

const toResourceSpans = ({ n, service, country, code }: Trip): Json => ({
  resource: { attributes: toAttributes({ 'service.name': service, 'process.command_args': ['node', `--port=${n}`] }) },
  scopeSpans: [
    {
      spans: [
        {
          traceId: traceIdOf(n),
          spanId: `abcd${n.toString(16).padStart(12, '0')}`,
          name: 'GET /trips/{id}',
          kind: 2,
          startTimeUnixNano: nanos(n),
          endTimeUnixNano: nanos(n + 1),
          status: {},
          attributes: toAttributes({
            country,
            'customer tier': n % 2 === 0 ? 'gold' : 'silver',
            'http.status_code': code,
            mixed: n % 2 === 0 ? n : `v${n}`,
            waited: `${n * 10}ms`,
            tags: ['all', `t${n % 3}`],
            sizes: [n, 1000 + n],
            cart: { color: n % 2 === 0 ? 'blue' : 'red', 'item.count': n, owner: { id: n } },
            discount: n % 2 === 0 ? '50%_off' : '50xyoff',
            day: `2026-01-${String(n + 1).padStart(2, '0')}T10:00:00Z`,
            release: `1.${n}.0`,
            note: `note ${n}`,
            is_vip: n < 3,
            status: n % 2 === 0 ? 'paid' : 'open',
            duration: n,
            '-odd': `odd ${n}`,
            'a|b(c': `odd ${n}`,
            look: ['{a}', '!b', '<c>', '1..5', '”d'][n % 5]!,
          }),
          events: [
            {
              name: 'cache miss',
              timeUnixNano: nanos(n),
              attributes: toAttributes({ 'cache.keys': [`k${n}`, 'shared'], 'cache.ttl': n }),
            },
          ],
        },
      ],
    },
  ],
})

interface Line {
  readonly n: number
  readonly severity: number
}
const LINES: readonly Line[] = Array.from({ length: 16 }, (_, n) => ({ n, severity: [0, 5, 9, 13, 17, 21][n % 6]! }))
const BODIES = [
  (n: number) => ({ msg: `structured ${n}`, user: { id: n } }),
  (n: number) => `{"json":true,"count":${n}}`,
  (n: number) => `Überweisung ${n} fehlgeschlagen`,
  (n: number) => `payment ${n}`,
]
const toLogRecord = ({ n, severity }: Line): Json => ({
  timeUnixNano: nanos(n),
  severityNumber: severity,
  body: toValue(BODIES[n % 4]!(n)),
  attributes: toAttributes({ n, 'order id': `o ${n}`, elapsed: `${n * 10}ms` }),
})

let viewer: Harness
beforeAll(async () => {
  viewer = await startHarness()
  await viewer.send('/v1/traces', { resourceSpans: TRIPS.map(toResourceSpans) })
  await viewer.send('/v1/logs', {
    resourceLogs: [{ resource: {}, scopeLogs: [{ logRecords: LINES.map(toLogRecord) }] }],
  })
})
afterAll(() => viewer[Symbol.asyncDispose]())

const isGateway = ({ service }: Trip): boolean => service === 'Api Gateway'
const isGold = ({ n }: Trip): boolean => n % 2 === 0

test.for<[query: string, matches: (trip: Trip) => boolean]>([
  // a blank behind a backslash, and in names
  ['service:Api\\ Gateway', isGateway],
  ['name:GET\\ /trips/{id} service:booking', (trip) => !isGateway(trip)],
  ['note:note\\ 1*', ({ n }) => n === 1 || n >= 10],
  ['customer\\ tier:gold', isGold],
  ['@customer\\ tier:gold', isGold],
  ['attributes["customer tier"] == "gold"', isGold],
  // upper and lower case of all letters
  ['country:österreich', ({ country }) => country === 'Österreich'],
  ['country:ÖSTER*', ({ country }) => country === 'Österreich'],
  ['country~öster', ({ country }) => country === 'Österreich'],
  ['ελλάδα', ({ country }) => country === 'Ελλάδα'],
  ['country:日?', ({ country }) => country === '日本'],
  ['country=österreich', () => false],
  // a text that is no number is neither less nor more than one
  ['country<5', () => false],
  ['country>=0', () => false],
  ['mixed<5', ({ n }) => n % 2 === 0 && n < 5],
  ['mixed:0..5', ({ n }) => n % 2 === 0 && n <= 5],
  ['mixed:..5', ({ n }) => n % 2 === 0 && n <= 5],
  ['waited>100ms', ({ n }) => n > 10],
  ['waited>=0.1s waited<150ms', ({ n }) => n >= 10 && n < 15],
  // lists
  ['tags!=t1', ({ n }) => n % 3 !== 1],
  ['tags:T1', ({ n }) => n % 3 === 1],
  ['sizes>1015', ({ n }) => n > 15],
  ['sizes:[1005 TO 1006]', ({ n }) => n === 5 || n === 6],
  ['tags=~"^t2$"', ({ n }) => n % 3 === 2],
  ['cache.keys:k7', ({ n }) => n === 7],
  ['process.command_args:"--port=7"', ({ n }) => n === 7],
  // maps
  ['cart.color=red', ({ n }) => n % 2 === 1],
  ['span.cart.item.count>15', ({ n }) => n > 15],
  ['cart.owner.id:3..5', ({ n }) => n >= 3 && n <= 5],
  ['has:cart.owner.id', () => true],
  ['has:cart.owner.name', () => false],
  ['-cart.color:red', ({ n }) => n % 2 === 0],
  // patterns and lists of other languages
  ['discount like "50__off%"', () => true],
  ['discount like "50\\%%"', ({ n }) => n % 2 === 0],
  ['http.status_code:500,502', ({ code }) => code >= 500],
  ['country=~"(?i)ÖSTER"', ({ country }) => country === 'Österreich'],
  ['service=~/^API/i', isGateway],
  ['http.status_code ge 500', ({ code }) => code >= 500],
  ['service ne booking', isGateway],
  ['http.status_code~50', ({ code }) => code >= 500],
  ['note~7', ({ n }) => n % 10 === 7],
  ['*:*', () => true],
  ['note =~ "^(note|trip)+ 7$"', ({ n }) => n === 7],
  ['*:silver', (trip) => !isGold(trip)],
  ['service:booking And kind:server', (trip) => !isGateway(trip)],
  ['country:日本 Or country:Ελλάδα', ({ country }) => country === '日本' || country === 'Ελλάδα'],
  ['Not service:booking', isGateway],
  // quotes of other languages, and what comes along when text is copied
  ['service:”api gateway”', isGateway],
  ['service:’api gateway’', isGateway],
  ['service:‚api gateway‘', isGateway],
  ['service:»api gateway«', isGateway],
  ['service:„api gateway”', isGateway],
  ['service:booking\u200b', (trip) => !isGateway(trip)],
  // attributes that have the name of a field, and names and values made of signs
  ['attributes.status=paid', isGold],
  ['-attributes.status=paid', (trip) => !isGold(trip)],
  ['attributes.duration>15', ({ n }) => n > 15],
  ['attributes.duration>15 OR attributes.status:paid', (trip) => trip.n > 15 || isGold(trip)],
  ['"-odd"="odd 3"', ({ n }) => n === 3],
  ['"a|b(c":"odd 3"', ({ n }) => n === 3],
  ['look="{a}"', ({ n }) => n % 5 === 0],
  ['look="<c>"', ({ n }) => n % 5 === 2],
  ['look=1..5', ({ n }) => n % 5 === 3],
  // ids by their beginning
  [`trace:${traceIdOf(0).slice(0, 20)}`, () => true],
  [`trace:${traceIdOf(7).slice(0, -1)}*`, ({ n }) => n < 16],
  ['span_id:abcd*0001', ({ n }) => n === 1],
  // text is looked for in values: not in names of attributes, nor in times
  ['cust', () => false],
  ['cache.ttl', () => false],
  ['shared', () => true],
  ['miss', () => true],
  ['404', ({ code }) => code === 404],
  ['true', ({ n }) => n < 3],
])('%s', async ([query, matches]) => {
  const { traces } = await viewer.get<TraceList>(`${ROUTES.traces}?limit=100&q=${encodeURIComponent(query)}`)
  const found = traces.map(({ traceId }) => traceId).sort()
  expect(found).toEqual(TRIPS.filter(matches).map(({ n }) => traceIdOf(n)))
})

test.for<[query: string, matches: (line: Line) => boolean]>([
  ['level:[warn TO fatal]', ({ severity }) => severity >= 13],
  ['level:warn..', ({ severity }) => severity >= 13],
  ['level:..debug', ({ severity }) => severity < 9],
  ['level:err*', ({ severity }) => severity === 17],
  ['level =~ "warn|error"', ({ severity }) => severity === 13 || severity === 17],
  ['level!=warn..fatal', ({ severity }) => severity < 13],
  ['has:level', ({ severity }) => severity > 0],
  ['level is null', ({ severity }) => severity === 0],
  ['body.msg:"structured 8"', ({ n }) => n === 8],
  ['body.user.id>=8', ({ n }) => n % 4 === 0 && n >= 8],
  ['body.count:5', ({ n }) => n === 5],
  ['has:body.json', ({ n }) => n % 4 === 1],
  ['-has:body.msg', ({ n }) => n % 4 !== 0],
  ['überweisung', ({ n }) => n % 4 === 2],
  ['body:"ÜBERWEISUNG 6*"', ({ n }) => n === 6],
  ['attributes["order id"] = "o 3"', ({ n }) => n === 3],
  ['elapsed>100ms', ({ n }) => n > 10],
  ['elapsed', () => false],
])('of log records: %s', async ([query, matches]) => {
  const { logs } = await viewer.get<LogList>(`${ROUTES.logs}?limit=100&order=oldest&q=${encodeURIComponent(query)}`)
  expect(logs.map(({ attributes }) => attributes.n)).toEqual(LINES.filter(matches).map(({ n }) => n))
})

test.for<[query: string, message: RegExp, at: string]>([
  ['day:[2026-01-05 TO 2026-01-07]', /day>=2026-01-05 day<=2026-01-07/, 'day'],
  ['day:2026-01-05..2026-01-07', /day>=2026-01-05/, 'day'],
  ['release:[1.1.0 TO *]', /release>=1\.1\.0\./, 'release'],
  ['sizes>1k', /written 1000/, 'sizes'],
  ['sizes>100€', /not a number/, 'sizes'],
  ['service = any("booking")', /Functions are not read/, 'any'],
  ['service:booking;kind:server', /a blank or AND/, ';'],
  ['note =~ "(a|a)*$"', /for ever/, 'note'],
  ['note =~ "(\\\\w|x)+y"', /for ever/, 'note'],
  ['fields @message | filter country="de"', /pipeline/, '|'],
])('%s is refused', (row) => expectRefused(viewer, ROUTES.traces, row))
