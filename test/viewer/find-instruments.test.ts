/** The search of metrics, as people type it who know Prometheus, Grafana or nothing of these. */
import { expect, test } from 'vitest'
import type { Instrument } from '../../src/viewer/api.ts'
import { findInstruments } from '../../src/viewer/find-instruments.ts'

const instrument = (
  name: string,
  type: Instrument['type'],
  unit: string,
  service: string,
  scope: string,
): Instrument => ({
  ...{ id: name, name, type, unit, service, scope, description: '', temporality: null, monotonic: false, series: 1 },
  ...{ attributeKeys: [], firstUs: 0, lastUs: 0, lastValue: null, sparkline: [], warnings: [] },
})
const ALL = [
  instrument('http.server.request.duration', 'histogram', 's', 'shop', 'http'),
  instrument('http.client.request.duration', 'histogram', 's', 'web', 'undici'),
  instrument('nodejs.eventloop.delay.p99', 'gauge', 's', 'shop', 'runtime'),
  instrument('orders_created', 'sum', '{order}', 'shop', 'orders'),
  instrument('process.memory.usage', 'sum', 'By', 'web', 'runtime'),
]
const of = (...places: number[]): string[] => places.map((place) => ALL[place]!.name)

test.for<[text: string, names: string[]]>([
  ['', of(0, 1, 2, 3, 4)],
  ['http', of(0, 1)],
  ['http duration', of(0, 1)],
  ['duration http server', of(0)],
  ['HTTP.Server', of(0)],
  ['http.*.duration', of(0, 1)],
  ['http*', of(0, 1)],
  ['*p99', of(2)],
  ['http_server_request_duration_seconds_bucket', of(0)],
  ['http_server_request', of(0)],
  ['orders.created', of(3)],
  ['orders_created_total', of(3)],
  ['sum(rate(orders_created_total))', []],
  ['type:histogram', of(0, 1)],
  ['type = "histogram" service=web', of(1)],
  ['service:shop -http', of(2, 3)],
  ['service:shop not http', of(2, 3)],
  ['service.name="web"', of(1, 4)],
  ['where service_name = "web"', of(1, 4)],
  ['unit:By', of(4)],
  ['scope:runtime', of(2, 4)],
  ['{__name__="process.memory.usage"}', of(4)],
  ['http_server_request_duration_seconds_count{job="shop"}', of(0)],
  ['"event loop"', []],
  ['eventloop', of(2)],
  ['service:orders', []],
  ['htttp', []],
  ['constructor:undefined', []],
  ['(', of(0, 1, 2, 3, 4)],
])('%s', ([text, names]) => {
  expect(findInstruments(ALL, text).map(({ name }) => name)).toEqual(names)
})
