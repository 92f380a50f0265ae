/** Chooses how trace context and baggage travel between services. */
import type { TextMapPropagator } from '@opentelemetry/api'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import type { PropagatorName } from '../config/options.ts'
import { loadLazily } from '../lazy.ts'

type B3 = typeof import('@opentelemetry/propagator-b3')

const CREATE: Partial<Record<PropagatorName, () => TextMapPropagator>> = {
  tracecontext: () => new W3CTraceContextPropagator(),
  baggage: () => new W3CBaggagePropagator(),
  b3: () => new (loadLazily<B3>('b3').B3Propagator)(),
  b3multi: () => {
    const { B3InjectEncoding, B3Propagator } = loadLazily<B3>('b3')
    return new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })
  },
}

/** One propagator for all names; with `none`, or no name, nothing travels. */
export function createPropagator(names: readonly PropagatorName[]): TextMapPropagator {
  const propagators = names.flatMap((name) => CREATE[name]?.() ?? [])
  return propagators.length === 1 ? propagators[0]! : new CompositePropagator({ propagators })
}
