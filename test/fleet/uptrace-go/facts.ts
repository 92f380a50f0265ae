/** What a program has sent, as one fact a field: name of the field -> value, with what differs from run to run put as its shape. */
import type { Signal } from '../../../src/config/destination.ts'
import type { Received, Sink } from '../../faults/sink.ts'
import { type Decoded, plain } from '../../wire/proto/otlp.ts'

export type Facts = ReadonlyMap<string, string>

const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs']
/** Of the connection, not of the protocol. */
const HOP = ['host', 'content-length', 'connection', 'transfer-encoding', 'accept-encoding', 'date']
const OWN_METRIC = /^shop\./
/** Of the machine that runs the test, found out while the first spans are sent. */
const OF_MACHINE = /^(host\.id|container\.|vcs\.|cicd\.|k8s\.|cloud\.)/

export function factsOf(sink: Sink): Facts {
  const facts = new Map<string, string>()
  const say = (name: string, value: unknown): void => {
    if (value !== undefined) facts.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  for (const signal of SIGNALS) {
    const received = sink.received.filter((one) => one.signal === signal)
    if (received.length === 0) continue
    sayRequest(say, signal, sink, received[0]!)
  }
  const [traces, metrics, logs] = SIGNALS.map((signal) => sink.received.filter((one) => one.signal === signal))
  sayResource(say, traces![0]!.request.resourceSpans[0])
  for (const [signal, all, key] of [
    ['metrics', metrics, 'resourceMetrics'],
    ['logs', logs, 'resourceLogs'],
  ] as const)
    say(
      `resource: ${signal} as traces`,
      JSON.stringify(settledOf(all![0]!.request[key][0])) ===
        JSON.stringify(settledOf(traces![0]!.request.resourceSpans[0])),
    )
  const spans = new Map(
    entries(traces!, 'resourceSpans', 'scopeSpans', 'spans').map((one) => [String(one.item.name), one]),
  )
  sayScope(say, 'span', spans.get('checkout')!.scope)
  saySpan(say, 'root span', spans.get('checkout')!.item)
  saySpan(say, 'child span', spans.get('GET /posts/:id')!.item)
  const parent = spans.get('checkout')!.item
  say(
    'child span: is in its trace, below its parent',
    spans.get('GET /posts/:id')!.item.traceId === parent.traceId &&
      spans.get('GET /posts/:id')!.item.parentSpanId === parent.spanId,
  )
  const measured = entries(metrics!, 'resourceMetrics', 'scopeMetrics', 'metrics')
  for (const { item, scope } of measured.filter(({ item }) => OWN_METRIC.test(item.name))) {
    sayScope(say, 'metric', scope)
    sayMetric(say, item)
  }
  const [record] = entries(logs!, 'resourceLogs', 'scopeLogs', 'logRecords').filter(
    ({ item }) => item.body?.stringValue === 'stock is low',
  )
  sayScope(say, 'log record', record!.scope)
  sayFields(say, 'log record', record!.item)
  say('log record: is in the span', record!.item.spanId === parent.spanId)
  return facts
}

type Say = (name: string, value: unknown) => void

function sayRequest(say: Say, signal: Signal, sink: Sink, { headers }: Received): void {
  say(`request of ${signal}: path`, sink.requests.find((one) => one.signal === signal)!.path)
  for (const [name, value] of Object.entries(headers)) {
    if (!HOP.includes(name))
      say(
        `request of ${signal}: header ${name}`,
        String(value)
          .replace(/\d+(\.\d+)+/g, '<version>')
          .replace(/localhost:\d+/, '<host>'),
      )
  }
}

const settledOf = ({ resource }: Decoded): Decoded[] =>
  resource.attributes.filter(({ key }: Decoded) => !OF_MACHINE.test(key))

function sayResource(say: Say, { resource, schemaUrl }: Decoded): void {
  const own = /^(service\.(name|version)|deployment\.|team$)/
  for (const { key, value } of settledOf({ resource }))
    say(`resource: ${key}`, own.test(key) ? plain(value) : Object.keys(value)[0])
  say('resource: schema URL', schemaUrl && 'a version of the conventions')
}

function sayScope(say: Say, of: string, { scope, schemaUrl }: Decoded): void {
  say(`scope of a ${of}`, `${scope?.name} ${scope?.version}`)
  say(`scope of a ${of}: schema URL`, schemaUrl)
}

function saySpan(say: Say, of: string, { events = [], links = [], ...span }: Decoded): void {
  sayFields(say, of, span)
  say(`${of}: trace id`, shapeOfId(span.traceId))
  say(`${of}: span id`, shapeOfId(span.spanId))
  for (const event of events) sayFields(say, `event ${event.name}`, event)
  for (const link of links) sayFields(say, 'link', link)
}

function sayMetric(say: Say, { name, description, unit, ...kinds }: Decoded): void {
  say(`${name}: description and unit`, [description, unit].filter(Boolean).join(' in '))
  const [kind, data] = Object.entries<Decoded>(kinds)[0]!
  const { dataPoints, ...more } = data
  say(`${name}: kind`, kind)
  sayFields(say, name, more)
  for (const { exemplars, ...point } of dataPoints) {
    sayFields(say, `point of ${name}`, point)
    say(`point of ${name}: exemplar`, exemplars && Object.keys(exemplars[0]).sort().join(' '))
  }
}

/** Times and ids by their shape, stacks by their presence, everything else as it is. */
function sayFields(say: Say, of: string, item: Decoded): void {
  for (const [key, value] of Object.entries<Decoded>(item)) {
    if (key === 'attributes')
      for (const one of value)
        say(`${of}: attribute ${one.key}`, one.key === 'exception.stacktrace' ? 'text' : textOf(one.value))
    else if (/timeUnixNano$/i.test(key)) say(`${of}: ${key}`, BigInt(value) > 0n ? 'time' : 'zero')
    else if (/[iI]d$/.test(key)) say(`${of}: ${key}`, `${value.length} digits`)
    else if (key === 'body') say(`${of}: body`, textOf(value))
    else say(`${of}: ${key}`, value)
  }
}

const textOf = (value: Decoded): string => `${Object.keys(value)[0]} ${JSON.stringify(plain(value))}`

/** Whether the first half is the time of now in nanoseconds, or in seconds as X-Ray has it. */
function shapeOfId(id: string): string {
  const zero = /^0+$/.test(id)
  const nanos = id.length === 32 ? BigInt(`0x${id.slice(0, 16)}`) : 0n
  const away = Number(nanos / 1_000_000n) - Date.now()
  if (zero) return 'zero'
  return Math.abs(away) < 86_400_000 ? `${id.length} digits, time first` : `${id.length} digits, random`
}

function entries(
  received: readonly Received[],
  resources: string,
  scopes: string,
  items: string,
): Array<{ item: Decoded; scope: Decoded }> {
  return received.flatMap(({ request }) =>
    request[resources].flatMap((resource: Decoded) =>
      resource[scopes].flatMap((scope: Decoded) => (scope[items] ?? []).map((item: Decoded) => ({ item, scope }))),
    ),
  )
}
