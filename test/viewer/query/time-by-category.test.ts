/** Where the time of a request went: by hand computed, with calls that overlap, outlast the request, or lie below other calls. */
import { expect, test } from 'vitest'
import { ROUTES, type TraceDetail } from '../../../src/viewer/api.ts'
import { screenOf } from '../../../src/viewer/terminal/screen.ts'
import { waterfall } from '../../../src/viewer/terminal/waterfall.ts'
import { type Harness, startHarness } from '../harness.ts'
import { id, resource, type SampleSpan, toSpan, traceIdOf } from '../sample.ts'

const [SERVER, CLIENT, CONSUMER] = [2, 3, 5]
const DB = { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT 1' }
const CACHE = { 'db.system.name': 'redis' }
const HTTP = { 'http.request.method': 'GET', 'url.full': 'http://prices/1' }

type Row = [
  number: number,
  parent: number,
  kind: number,
  at: number,
  millis: number,
  attributes?: SampleSpan['attributes'],
]
const spanOf = ([number, parent, kind, at, millis, attributes = {}]: Row) =>
  toSpan({
    traceId: traceIdOf(1),
    spanId: id(number),
    ...(parent > 0 && { parentSpanId: id(parent) }),
    name: `span ${number}`,
    kind,
    at,
    millis,
    attributes,
  })

async function send(viewer: Harness, services: Record<string, Row[]>): Promise<TraceDetail> {
  const resourceSpans = Object.entries(services).map(([service, rows]) => ({
    resource: resource(service),
    scopeSpans: [{ scope: { name: 'test' }, spans: rows.map(spanOf) }],
  }))
  await viewer.send('/v1/traces', { resourceSpans })
  return viewer.get<TraceDetail>(ROUTES.trace.replace(':traceId', traceIdOf(1)))
}

test.for<[title: string, services: Record<string, Row[]>, times: object[]]>([
  [
    'calls of one category that overlap count once',
    {
      shop: [
        [1, 0, SERVER, 0, 100],
        [2, 1, CLIENT, 10, 40, DB],
        [3, 1, CLIENT, 30, 40, DB],
        [4, 1, CLIENT, 35, 5, DB],
      ],
    },
    [{ index: 0, categories: [{ category: 'database', calls: 3, ns: 60e6, share: 0.6 }], ownNs: 40e6, overlapNs: 0 }],
  ],
  [
    'calls of two categories at once are counted in both, and that is told',
    {
      shop: [
        [1, 0, SERVER, 0, 100],
        [2, 1, CLIENT, 0, 50, DB],
        [3, 1, CLIENT, 30, 40, HTTP],
      ],
    },
    [
      {
        categories: [
          { category: 'database', calls: 1, ns: 50e6, share: 0.5 },
          { category: 'http', calls: 1, ns: 40e6, share: 0.4 },
        ],
        ownNs: 30e6,
        overlapNs: 20e6,
      },
    ],
  ],
  [
    'the database behind the handler of a framework is that of the request',
    {
      shop: [
        [1, 0, SERVER, 0, 100],
        [2, 1, 1, 1, 98],
        [3, 2, 1, 2, 96],
        [4, 3, CLIENT, 10, 70, DB],
      ],
    },
    [{ categories: [{ category: 'database', calls: 1, ns: 70e6, share: 0.7 }], ownNs: 30e6, overlapNs: 0 }],
  ],
  [
    'a call counts only as long as the request lasts',
    {
      shop: [
        [1, 0, SERVER, 0, 100],
        [2, 1, CLIENT, 90, 500, CACHE],
      ],
    },
    [{ categories: [{ category: 'cache', calls: 1, ns: 10e6, share: 0.1 }], ownNs: 90e6, overlapNs: 0 }],
  ],
  [
    'what another service does is waited for as the call, and has a time of its own',
    {
      shop: [
        [1, 0, SERVER, 0, 100],
        [2, 1, CLIENT, 10, 80, HTTP],
      ],
      prices: [
        [3, 2, SERVER, 15, 60],
        [4, 3, CLIENT, 20, 30, DB],
      ],
    },
    [
      { index: 0, categories: [{ category: 'http', calls: 1, ns: 80e6, share: 0.8 }], ownNs: 20e6 },
      { index: 2, categories: [{ category: 'database', calls: 1, ns: 30e6, share: 0.5 }], ownNs: 30e6 },
    ],
  ],
  [
    'a job has its own, and a handler without calls has none',
    {
      shop: [
        [1, 0, CONSUMER, 0, 10],
        [2, 1, 1, 2, 5],
      ],
    },
    [{ categories: [], ownNs: 10e6, overlapNs: 0 }],
  ],
  [
    'a request of no length divides by nothing',
    {
      shop: [
        [1, 0, SERVER, 0, 0],
        [2, 1, CLIENT, 0, 0, DB],
      ],
    },
    [{ ownNs: 0 }],
  ],
])('%s', async ([, services, times]) => {
  await using viewer = await startHarness()
  expect((await send(viewer, services)).handlers).toMatchObject(times)
})

test('terminal and Markdown say it in a line', async () => {
  await using viewer = await startHarness()
  const trace = await send(viewer, {
    shop: [
      [1, 0, SERVER, 0, 100],
      [2, 1, CLIENT, 0, 50, DB],
      [3, 1, CLIENT, 30, 40, HTTP],
    ],
  })
  const text = 'database 50 %, http 40 %, own code 30 % (20 % at the same time)'
  expect(waterfall(trace, screenOf({}, {})).map((line) => line.trim())).toContain(text)
  const markdown = await viewer.fetch(`${ROUTES.traceExport.replace(':traceId', traceIdOf(1))}?format=markdown`)
  expect(await markdown.text()).toContain(`\n\nTime: ${text}\n`)
})
