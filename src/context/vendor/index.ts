/** Propagators of other tracing systems, by the names `OTEL_PROPAGATORS` has for them. */
import type { TextMapPropagator } from '@opentelemetry/api'
import { createB3Propagator } from './b3.ts'
import { jaegerPropagator } from './jaeger.ts'
import { otTracePropagator } from './ot-trace.ts'
import { xrayPropagator } from './xray.ts'

export function createVendorPropagator(name: 'b3' | 'b3multi' | 'jaeger' | 'xray' | 'ottrace'): TextMapPropagator {
  switch (name) {
    case 'jaeger':
      return jaegerPropagator
    case 'xray':
      return xrayPropagator
    case 'ottrace':
      return otTracePropagator
    default:
      return createB3Propagator(name)
  }
}
