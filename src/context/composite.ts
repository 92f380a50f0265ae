/** Several propagators as one. */
import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api'
import { markGuarded } from './guard.ts'

/** Asks all in turn. Each has to be guarded by itself, so that the fault of one is not the loss of the others. */
export function composePropagators(propagators: readonly TextMapPropagator[]): TextMapPropagator {
  return markGuarded({
    inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
      for (const propagator of propagators) propagator.inject(context, carrier, setter)
    },
    extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
      let extracted = context
      for (const propagator of propagators) extracted = propagator.extract(extracted, carrier, getter)
      return extracted
    },
    fields: () => [...new Set(propagators.flatMap((propagator) => propagator.fields()))],
  })
}
