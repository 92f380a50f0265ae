/** Telemetry of a small shop with known numbers, as OTLP JSON: two services, http, pg and redis spans, logs, every type of metric. */

export const T0 = Math.floor(Date.now() / 1000) * 1000 - 120_000

type Json = Record<string, unknown>
export type Attributes = Record<string, string | number | boolean>

export interface SampleSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind?: number
  /** Milliseconds after T0. */
  readonly at: number
  readonly millis: number
  readonly attributes?: Attributes
  readonly error?: string
  readonly exception?: { type: string; message: string; stacktrace?: string }
  readonly links?: readonly { traceId: string; spanId: string }[]
  readonly extra?: Json
}

export const id = (number: number, length = 16): string => number.toString(16).padStart(length, '0')
export const traceIdOf = (number: number): string => id(number, 32)

export function attributes(values: Attributes): Json[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: string | number | boolean): Json {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

export function nanos(millis: number): string {
  const us = Math.round((T0 + millis) * 1000)
  return `${us}000`
}

export function resource(service: string, instance = `${service}-1`, more: Attributes = {}): Json {
  return {
    attributes: attributes({
      'service.name': service,
      'service.instance.id': instance,
      'service.version': '1.2.3',
      'telemetry.sdk.language': 'nodejs',
      'process.pid': 4242,
      'process.command': 'server.js',
      'host.name': 'desk',
      ...more,
    }),
  }
}

export function toSpan(span: SampleSpan): Json {
  const { exception } = span
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: span.kind ?? 1,
    startTimeUnixNano: nanos(span.at),
    endTimeUnixNano: nanos(span.at + span.millis),
    attributes: attributes(span.attributes ?? {}),
    status: span.error === undefined ? {} : { code: 2, message: span.error },
    links: span.links ?? [],
    events: exception
      ? [
          {
            name: 'exception',
            timeUnixNano: nanos(span.at + span.millis),
            attributes: attributes({
              'exception.type': exception.type,
              'exception.message': exception.message,
              ...(exception.stacktrace === undefined ? {} : { 'exception.stacktrace': exception.stacktrace }),
            }),
          },
        ]
      : [],
    ...span.extra,
  }
}

export function tracesRequest(
  service: string,
  spans: readonly SampleSpan[],
  instance?: string,
  more?: Attributes,
): Json {
  return {
    resourceSpans: [
      {
        resource: resource(service, instance, more),
        scopeSpans: [{ scope: { name: 'sample', version: '1' }, spans: spans.map(toSpan) }],
      },
    ],
  }
}

/** Trace 1: a request of `orders` with six equal queries (an N+1), a call to `stock`, a redis read. Trace 2: it fails. 3: it is fast. */
export const ORDERS: readonly SampleSpan[] = [
  {
    traceId: traceIdOf(1),
    spanId: id(1),
    name: 'GET /orders/:id',
    kind: 2,
    at: 0,
    millis: 100,
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/orders/:id',
      'http.response.status_code': 200,
      'url.path': '/orders/1',
    },
  },
  ...Array.from({ length: 6 }, (_, index) => ({
    traceId: traceIdOf(1),
    spanId: id(10 + index),
    parentSpanId: id(1),
    name: 'pg.query:SELECT shop',
    kind: 3,
    at: 5 + index * 10,
    millis: 8,
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'db.query.text': `SELECT * FROM items WHERE id = ${index}`,
    },
  })),
  {
    traceId: traceIdOf(1),
    spanId: id(20),
    parentSpanId: id(1),
    name: 'GET',
    kind: 3,
    at: 70,
    millis: 20,
    attributes: {
      'http.request.method': 'GET',
      'url.full': 'http://stock:8080/stock/17',
      'server.address': 'stock',
      'server.port': 8080,
      'http.response.status_code': 200,
    },
  },
  {
    traceId: traceIdOf(1),
    spanId: id(21),
    parentSpanId: id(1),
    name: 'redis-GET',
    kind: 3,
    at: 92,
    millis: 2,
    attributes: { 'db.system.name': 'redis', 'db.query.text': 'GET user:17' },
  },
  {
    traceId: traceIdOf(2),
    spanId: id(30),
    name: 'GET /orders/:id',
    kind: 2,
    at: 1000,
    millis: 40,
    error: 'boom',
    attributes: { 'http.request.method': 'GET', 'http.route': '/orders/:id', 'http.response.status_code': 500 },
    exception: {
      type: 'TypeError',
      message: 'order 17 has no customer',
      stacktrace:
        'TypeError: order 17 has no customer\n    at find (node:internal/x:1:2)\n    at loadOrder (/app/src/orders.ts:12:9)',
    },
    links: [{ traceId: traceIdOf(1), spanId: id(1) }],
  },
  {
    traceId: traceIdOf(3),
    spanId: id(40),
    name: 'GET /health',
    kind: 2,
    at: 2000,
    millis: 1,
    attributes: { 'http.request.method': 'GET', 'http.route': '/health', 'http.response.status_code': 200 },
  },
]

export const STOCK: readonly SampleSpan[] = [
  {
    traceId: traceIdOf(1),
    spanId: id(50),
    parentSpanId: id(20),
    name: 'GET /stock/:id',
    kind: 2,
    at: 72,
    millis: 15,
    attributes: { 'http.request.method': 'GET', 'http.route': '/stock/:id', 'http.response.status_code': 200 },
  },
]

export const LOGS: Json = {
  resourceLogs: [
    {
      resource: resource('orders'),
      scopeLogs: [
        {
          scope: { name: 'pino' },
          logRecords: [
            log(3, 9, 'INFO', 'order 1 asked for', { route: '/orders' }, traceIdOf(1), id(1)),
            log(50, 13, 'WARN', 'stock of 17 is low', { item: 17 }, traceIdOf(1), id(20)),
            log(1010, 17, 'ERROR', 'order 2 failed', { item: 2 }, traceIdOf(2), id(30)),
            log(3000, 9, 'INFO', 'order 3 asked for', {}),
          ],
        },
      ],
    },
  ],
}

function log(
  at: number,
  severityNumber: number,
  severityText: string,
  body: string,
  values: Attributes,
  traceId = '',
  spanId = '',
): Json {
  return {
    timeUnixNano: nanos(at),
    severityNumber,
    severityText,
    body: { stringValue: body },
    attributes: attributes(values),
    traceId,
    spanId,
  }
}

/** Ten seconds apart; cumulative unless said otherwise. */
export const METRICS: Json = {
  resourceMetrics: [
    {
      resource: resource('orders'),
      scopeMetrics: [
        {
          scope: { name: 'meter' },
          metrics: [
            {
              name: 'pool.size',
              unit: '{connection}',
              gauge: { dataPoints: [point(0, { asInt: '3' }), point(10_000, { asInt: '5' })] },
            },
            {
              name: 'orders.created',
              unit: '{order}',
              sum: {
                aggregationTemporality: 2,
                isMonotonic: true,
                // it is reset between the second and the third
                dataPoints: [
                  point(0, { asInt: '10' }),
                  point(10_000, { asInt: '30' }),
                  point(20_000, { asInt: '5' }, 15_000),
                ],
              },
            },
            {
              name: 'queue.length',
              sum: { aggregationTemporality: 1, isMonotonic: false, dataPoints: [point(0, { asDouble: 2.5 })] },
            },
            {
              name: 'http.server.request.duration',
              unit: 's',
              histogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  point(5000, {
                    count: '3',
                    sum: 0.141,
                    min: 0.001,
                    max: 0.1,
                    explicitBounds: [0.005, 0.05, 0.5],
                    bucketCounts: ['1', '1', '1', '0'],
                    attributes: attributes({ 'http.request.method': 'GET' }),
                    exemplars: [{ timeUnixNano: nanos(101), asDouble: 0.1, traceId: traceIdOf(1), spanId: id(1) }],
                  }),
                ],
              },
            },
            {
              name: 'payload.size',
              unit: 'By',
              exponentialHistogram: {
                aggregationTemporality: 1,
                dataPoints: [
                  point(0, {
                    count: '4',
                    sum: 20,
                    scale: 0,
                    zeroCount: '0',
                    positive: { offset: 1, bucketCounts: ['2', '2'] },
                    negative: { offset: 0, bucketCounts: [] },
                  }),
                ],
              },
            },
            {
              name: 'rpc.latency',
              unit: 'ms',
              summary: {
                dataPoints: [
                  point(0, {
                    count: '10',
                    sum: 100,
                    quantileValues: [
                      { quantile: 0.5, value: 8 },
                      { quantile: 0.99, value: 30 },
                    ],
                  }),
                ],
              },
            },
            {
              name: 'nodejs.eventloop.utilization',
              unit: '1',
              gauge: { dataPoints: [point(0, { asDouble: 0.25 }), point(1000, { asDouble: 0.5 })] },
            },
          ],
        },
      ],
    },
  ],
}

function point(at: number, values: Json, startAt = -1000): Json {
  return { startTimeUnixNano: nanos(startAt), timeUnixNano: nanos(at), ...values }
}
