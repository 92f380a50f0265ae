// From a slow value of a metric to the trace that it was measured in: each bucket of the histogram names one span.
import { setTimeout as sleep } from 'node:timers/promises'
import { metrics } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'exemplars-example', metricExportIntervalMillis: 1_000 })

const duration = metrics.getMeter('shop').createHistogram('shop.checkout.duration', {
  unit: 's',
  advice: { explicitBucketBoundaries: [0.01, 0.05, 0.1, 0.25] },
})

async function checkout(millis) {
  await withSpan('checkout', async (span) => {
    const start = performance.now()
    await sleep(millis)
    duration.record((performance.now() - start) / 1_000, { 'payment.kind': 'card' })
    if (millis > 100) console.log('the slow one:', traceUrl(span))
  })
}

for (const millis of [2, 4, 30, 3, 20, 150, 5, 60]) await checkout(millis)
await shutdown()
