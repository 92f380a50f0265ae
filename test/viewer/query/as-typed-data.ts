/** A shop's traces, logs and instruments whose every value is known, for queries as people type them: as plain objects and as OTLP. */
import { type Attributes, attributes, nanos } from '../sample.ts'

type Value = string | number | boolean | readonly string[]
export interface Event {
  readonly name: string
  readonly attributes: Attributes
}
export interface Span {
  readonly service: string
  readonly name: string
  readonly kind: 'server' | 'client' | 'producer' | 'consumer'
  readonly status: 'unset' | 'ok' | 'error'
  readonly message: string
  readonly ms: number
  readonly isRoot: boolean
  readonly scope: string
  readonly attributes: Readonly<Record<string, Value>>
  readonly resource: Attributes
  readonly events: readonly Event[]
}
export interface Trace {
  readonly n: number
  readonly spans: readonly Span[]
  readonly root: Span
}
export interface LogRecord {
  readonly n: number
  readonly service: string
  readonly severity: 'debug' | 'info' | 'warn' | 'error' | 'fatal'
  readonly body: string
  readonly attributes: Attributes
  readonly traceId: string
}

const SERVICES = ['web', 'shop', 'admin'] as const
const NAMES = ['GET /cart/:id', 'POST /checkout', 'GET /api/v1/items', 'DELETE /cart/:id'] as const
const DURATIONS = [3, 40, 180, 700, 1500, 2400, 75_000, 12] as const
const CODES = [200, 201, 404, 500, 503, 302] as const
const SEVERITIES = { debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const
const KINDS = { server: 2, client: 3, producer: 4, consumer: 5 } as const
const STATUSES = { unset: 0, ok: 1, error: 2 } as const

export const traceIdOf = (n: number): string => `feed${n.toString(16).padStart(28, '0')}`
export const TRACES: readonly Trace[] = Array.from({ length: 24 }, (_, n) => traceOf(n))
export const LOGS: readonly LogRecord[] = Array.from({ length: 20 }, (_, n) => logOf(n))

function resourceOf(service: string): Attributes {
  return {
    'service.name': service,
    'service.version': service === 'web' ? '1.4.2' : '2.0.0-rc.1',
    'deployment.environment.name': service === 'shop' ? 'staging' : 'production',
    'host.name': `${service}-1`,
    'k8s.pod.name': `${service}-7d9f-x2`,
  }
}

function traceOf(n: number): Trace {
  const service = SERVICES[n % 3]!
  const code = CODES[n % 6]!
  const isFailed = code >= 500
  const [method, route] = NAMES[n % 4]!.split(' ') as [string, string]
  const names = n % 2 === 0 ? ['http.request.method', 'http.response.status_code'] : ['http.method', 'http.status_code']
  const common = { service, resource: resourceOf(service), message: '', events: [], status: 'unset' } as const
  const root: Span = {
    ...common,
    name: NAMES[n % 4]!,
    kind: 'server',
    ms: DURATIONS[n % 8]!,
    isRoot: true,
    scope: '@opentelemetry/instrumentation-http',
    status: isFailed ? 'error' : code === 201 ? 'ok' : 'unset',
    message: code === 500 ? 'connect ECONNREFUSED 127.0.0.1:5432' : code === 503 ? 'upstream said "no"' : '',
    attributes: {
      [names[0]!]: method,
      [names[1]!]: code,
      'http.route': route,
      'user.id': 100 + n,
      'user.email': n % 5 === 0 ? 'jane+test@example.com' : `bob${n}@corp.io`,
      'user.name': n % 5 === 0 ? 'Jane Doe' : "Bob O'Neil",
      'url.full': `http://localhost:3000/cart/${n}?page=2&q=a%20b`,
      'cache.hit': n % 2 === 0,
      price: 9.5 + n,
      delta: n - 5,
      'feature.flags': n % 4 === 0 ? ['beta', 'dark mode'] : ['beta'],
      'client.address': `10.0.0.${n}`,
      ...(isFailed && { 'error.type': code === 500 ? 'TypeError' : '503' }),
    },
    events: isFailed
      ? [
          {
            name: 'exception',
            attributes: {
              'exception.type': code === 500 ? 'TypeError' : 'PaymentError',
              'exception.message':
                code === 500 ? "Cannot read properties of undefined (reading 'id')" : 'card declined: 51% over',
            },
          },
        ]
      : [],
  }
  const query: Span = {
    ...common,
    name: 'SELECT users',
    kind: 'client',
    ms: root.ms / 2,
    isRoot: false,
    scope: '@opentelemetry/instrumentation-pg',
    attributes: {
      [n % 2 === 0 ? 'db.system.name' : 'db.system']: n % 2 === 0 ? 'postgresql' : 'mysql',
      [n % 2 === 0 ? 'db.query.text' : 'db.statement']: 'SELECT * FROM "users" WHERE id = ?',
    },
  }
  const queued: readonly Span[] = [
    {
      ...common,
      name: 'orders.created publish',
      kind: 'producer',
      ms: 1,
      isRoot: false,
      scope: 'kafkajs',
      attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders.created' },
    },
    {
      ...common,
      service: 'worker',
      resource: resourceOf('worker'),
      name: 'orders.created process',
      kind: 'consumer',
      ms: 0.25,
      isRoot: false,
      scope: 'kafkajs',
      attributes: { 'messaging.system': 'kafka' },
      events: [{ name: 'retry', attributes: { 'retry.count': n } }],
    },
  ]
  return { n, root, spans: [root, query, ...(n % 4 === 1 ? queued : [])] }
}

function logOf(n: number): LogRecord {
  const severity = (['info', 'debug', 'warn', 'error', 'fatal'] as const)[n % 5]!
  return {
    n,
    service: n % 2 === 0 ? 'shop' : 'worker',
    severity,
    body:
      severity === 'error'
        ? `Error: connect ECONNREFUSED 127.0.0.1:5432`
        : severity === 'warn'
          ? `slow query took ${n * 100}ms, retrying [attempt=${n}]`
          : `GET /cart/${n} 200`,
    attributes: {
      'user.id': n,
      requestId: `req-${n}`,
      ...(severity === 'error' && { 'exception.type': 'ConnectError' }),
      ...(n % 4 === 0 && { 'thread.name': 'main loop' }),
    },
    traceId: n < 10 ? traceIdOf(n) : '',
  }
}

type Json = Record<string, unknown>

const otlpAttributes = (values: Readonly<Record<string, Value>>): Json[] =>
  Object.entries(values).flatMap(([key, value]) =>
    typeof value === 'object'
      ? [{ key, value: { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } } }]
      : attributes({ [key]: value }),
  )

export const TRACES_REQUEST: Json = {
  resourceSpans: TRACES.flatMap(({ n, spans }) =>
    spans.map((span, index) => ({
      resource: { attributes: attributes(span.resource) },
      scopeSpans: [
        {
          scope: { name: span.scope },
          spans: [
            {
              traceId: traceIdOf(n),
              spanId: spanIdOf(n, index),
              ...(index > 0 && { parentSpanId: spanIdOf(n, 0) }),
              name: span.name,
              kind: KINDS[span.kind],
              startTimeUnixNano: nanos(n * 100),
              endTimeUnixNano: nanos(n * 100 + span.ms),
              status: { code: STATUSES[span.status], message: span.message },
              attributes: otlpAttributes(span.attributes),
              events: span.events.map(({ name, attributes: values }) => ({
                name,
                timeUnixNano: nanos(n * 100),
                attributes: attributes(values),
              })),
            },
          ],
        },
      ],
    })),
  ),
}

export const LOGS_REQUEST: Json = {
  resourceLogs: LOGS.map(({ n, service, severity, body, attributes: values, traceId }) => ({
    resource: { attributes: attributes(resourceOf(service)) },
    scopeLogs: [
      {
        scope: { name: 'pino' },
        logRecords: [
          {
            timeUnixNano: nanos(n * 10),
            severityNumber: SEVERITIES[severity],
            severityText: severity.toUpperCase(),
            body: { stringValue: body },
            attributes: attributes(values),
            traceId,
          },
        ],
      },
    ],
  })),
}

function spanIdOf(n: number, index: number): string {
  return `beef${(n * 10 + index).toString(16).padStart(12, '0')}`
}
