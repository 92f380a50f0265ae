/** What tests of whole programs ask of the spans that arrived, and of the servers they need. */
import { connect } from 'node:net'
import { attributesOf, type Decoded } from '../wire/proto/otlp.ts'

const SERVER = 2

/** Each span as the path of names from its root, sorted. */
export function pathsOf(spans: readonly Decoded[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const pathOf = (span: Decoded): string => {
    const parent = byId.get(span.parentSpanId)
    return parent ? `${pathOf(parent)} > ${span.name}` : span.name
  }
  return spans.map(pathOf).sort()
}

/** `http.route` of the servers' spans, sorted. */
export function routesOf(spans: readonly Decoded[]): unknown[] {
  return spans
    .filter(({ kind }) => kind === SERVER)
    .flatMap((span) => attributesOf(span)['http.route'] ?? [])
    .sort()
}

export function isListening({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
