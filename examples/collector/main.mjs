// A Collector beside the program takes what it sends and hands it on: no token in the program.

import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({
  serviceName: 'collector-example',
  endpoint: process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? 'http://localhost:4318',
  // where the traces are looked at: the Collector knows where they go, we do not
  siteUrl: process.env.UPTRACE_SITE_URL ?? 'https://app.uptrace.dev',
})

withSpan('nightly report', (span) => {
  withSpan('collect', () => {})
  console.log(traceUrl(span))
})
await shutdown()
