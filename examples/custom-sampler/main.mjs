// A sampler of your own: one trace of a hundred, but all of those that the customer "big" starts.

import { SamplingDecision, trace } from '@opentelemetry/api'
import { configureOpentelemetry, ratioSampler, shutdown, traceUrl, withSpan } from 'uptrace-node'

/** Decides about roots; what is below them follows. */
class CustomerSampler {
  #others = ratioSampler(0.01)

  shouldSample(context, traceId, name, kind, attributes, links) {
    const parent = trace.getSpanContext(context)
    if (parent)
      return { decision: parent.traceFlags & 1 ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD }
    if (attributes['customer.id'] === 'big') return { decision: SamplingDecision.RECORD_AND_SAMPLED }
    return this.#others.shouldSample(context, traceId, name, kind, attributes, links)
  }

  toString() {
    return 'CustomerSampler'
  }
}

configureOpentelemetry({ serviceName: 'sampler-example', sampler: new CustomerSampler() })

let recorded = 0
for (let order = 0; order < 1_000; order++) {
  withSpan('order', { attributes: { 'customer.id': 'small' } }, (span) => {
    if (span.isRecording()) recorded++
  })
}
console.log(`of 1000 orders of small customers about 10 are recorded: ${recorded > 0 && recorded < 40}`)

withSpan('big order', { attributes: { 'customer.id': 'big' } }, (span) => {
  withSpan('price', () => {})
  console.log(traceUrl(span))
})
await shutdown()
