/** The table of back ends: where each is, how it is spoken to, what it takes, and where it shows a trace. docs/back-ends.md repeats it. */
import type { Signal } from '../destination.ts'
import { isThisMachine } from '../loopback.ts'
import type { BackendDefinition, BackendName } from './definition.ts'

/** A row of the table; `sink` says which of our own ways out is meant where it is not a request to an endpoint. */
export interface BackendRow extends BackendDefinition {
  readonly sink?: 'dsn' | 'local' | 'stdout' | 'scrape'
}

const ALL: readonly Signal[] = ['traces', 'metrics', 'logs']
const TRACES: readonly Signal[] = ['traces']
const OTLP = 'http://localhost:4318'
const GRAFANA_PANES = JSON.stringify({
  trace: { datasource: '<datasource>', queries: [{ refId: 'A', queryType: 'traceql', query: '<traceId>' }] },
})

// biome-ignore format: a table
export const BACKENDS: Readonly<Record<BackendName, BackendRow>> = {
  uptrace: { sink: 'dsn', signals: ALL },
  local: { sink: 'local', signals: ALL },
  otlp: { endpoint: OTLP, signals: ALL },
  collector: { endpoint: OTLP, signals: ALL },
  jaeger: { endpoint: OTLP, signals: TRACES, siteUrl: besideLoopback(16686), traceUrl: '{site}/trace/{traceId}?uiFind={spanId}' },
  zipkin: {
    endpoint: 'http://localhost:9411', protocol: 'zipkin/json', paths: { traces: '/api/v2/spans' }, signals: TRACES,
    propagators: ['b3', 'tracecontext', 'baggage'],
    siteUrl: ({ origin }) => origin, traceUrl: '{site}/zipkin/traces/{traceId}',
  },
  tempo: { endpoint: OTLP, signals: TRACES, traceUrl: `{site}/explore?schemaVersion=1&panes=${toQuery(GRAFANA_PANES)}` },
  xray: {
    endpoint: 'https://xray.{region}.amazonaws.com', protocol: 'http/protobuf', signals: TRACES, awsService: 'xray',
    propagators: ['xray', 'tracecontext', 'baggage'], idGenerator: 'xray',
    siteUrl: consoleOfAws, traceUrl: '{site}/cloudwatch/home?region={region}#xray:traces/{xrayTraceId}',
  },
  prometheus: { sink: 'scrape', endpoint: 'http://localhost:9464', signals: ['metrics'] },
  console: { sink: 'stdout', signals: ALL },
}

/** The web interface has the host of the endpoint only where all of it runs on this machine, with the ports it comes with. */
function besideLoopback(sitePort: number): (endpoint: URL) => string | undefined {
  return (endpoint) =>
    isThisMachine(endpoint) && /^431[78]$/.test(endpoint.port) ? `http://${endpoint.hostname}:${sitePort}` : undefined
}

/** Of the endpoint `xray.<region>.amazonaws.com`; another one says nothing about where traces end up. */
function consoleOfAws({ hostname }: URL): string | undefined {
  const region = regionOfHost(hostname)
  if (region === undefined) return undefined
  const isChina = hostname.endsWith('.cn')
  return `https://${region}.console.${isChina ? 'amazonaws.cn' : 'aws.amazon.com'}`
}

export function regionOfHost(hostname: string): string | undefined {
  return /^xray\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(hostname)?.[1]
}

/** Percent-encoded, but for what is filled in. */
function toQuery(text: string): string {
  return encodeURIComponent(text).replaceAll(/%3C(datasource|traceId)%3E/g, '{$1}')
}
