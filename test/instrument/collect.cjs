/** A span processor that prints, when the process ends, what can be compared between two runs of a program. */
const spans = []
const EPHEMERAL = /\b(3[2-9]|[45]\d|6[0-5])\d{3}\b/g
const CHANGES = new Set(['network.peer.port', 'net.peer.port', 'messaging.client_id', 'thread.id'])

exports.collect = {
  onStart() {},
  onEnd: (span) => spans.push(span),
  forceFlush: async () => {},
  shutdown: async () => {},
}

process.on('exit', () => {
  const names = new Map(
    spans.map((span) => [span.spanContext().spanId, `${span.instrumentationScope.name} ${span.name}`]),
  )
  for (const span of spans) {
    const attributes = Object.entries(span.attributes)
      .filter(([key]) => !CHANGES.has(key))
      .map(([key, value]) => [
        key,
        String(JSON.stringify(value))
          .replace(EPHEMERAL, 'PORT')
          .replace(/amq\.gen-[\w-]+/g, 'QUEUE'),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const { name, version } = span.instrumentationScope
    console.log(
      `SPAN ${JSON.stringify({
        scope: `${name}@${version}`,
        kind: span.kind,
        name: span.name.replace(/amq\.gen-[\w-]+/g, 'QUEUE'),
        parent: (names.get(span.parentSpanContext?.spanId) ?? 'none').replace(/amq\.gen-[\w-]+/g, 'QUEUE'),
        status: span.status,
        attributes,
        events: span.events.map((event) => event.name),
      })}`,
    )
  }
})
