/** Chooses how trace context and baggage travel between services. */
import type { TextMapPropagator } from '@opentelemetry/api'
import type { PropagatorName } from '../config/options.ts'
import { loadLazily } from '../lazy.ts'
import { baggagePropagator } from './baggage.ts'
import { composePropagators } from './composite.ts'
import { guardPropagator } from './guard.ts'
import { traceContextPropagator } from './trace-context.ts'

type Vendor = typeof import('./vendor/index.ts')

/** One propagator for all names, `undefined` with `none` or no name: nothing travels then. */
export function createPropagator(names: readonly PropagatorName[]): TextMapPropagator | undefined {
  const propagators = names.filter((name) => name !== 'none').map((name) => guardPropagator(create(name), name))
  return propagators.length > 1 ? composePropagators(propagators) : propagators[0]
}

function create(name: Exclude<PropagatorName, 'none'>): TextMapPropagator {
  if (name === 'tracecontext') return traceContextPropagator
  if (name === 'baggage') return baggagePropagator
  return loadLazily<Vendor>('propagators').createVendorPropagator(name)
}
