/** BullMQ: its own telemetry, as `bullmq-otel` gives it, for all queues, workers and flows that are given none by the application. */
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { defineInstrumentation, type Settings, type Target, type Tracing } from '../define.ts'
import { wrapMethod } from '../wrap-method.ts'
import { createTelemetry } from './telemetry.ts'

interface QueueBase {
  readonly name: string
  readonly opts: { readonly telemetry?: unknown }
}
interface Class {
  readonly prototype: object
}

/** Since then all of its classes trace by one method. */
const VERSIONS = ['>=5.30.0 <7']

export function createBullmq(settings: Settings): Instrumentation {
  const targets = ['cjs', 'esm'].flatMap((kind): Target[] => [
    { module: 'bullmq', versions: VERSIONS, file: `dist/${kind}/classes/queue-base.js`, patch: patchQueueBase },
    { module: 'bullmq', versions: VERSIONS, file: `dist/${kind}/classes/flow-producer.js`, patch: patchFlowProducer },
  ])
  return defineInstrumentation({ name: 'bullmq', targets }, settings)
}

/** Queues, workers and jobs ask this method, which reads nothing of its object but the name and the option. */
function patchQueueBase({ QueueBase }: { readonly QueueBase: Class }, tracing: Tracing): void {
  const telemetry = createTelemetry(tracing)
  wrapMethod(QueueBase.prototype, 'trace', (original) => {
    return function (this: QueueBase, ...args: unknown[]) {
      if (!tracing.isEnabled() || this.opts?.telemetry) return original.apply(this, args)
      return original.apply({ name: this.name, opts: { telemetry } }, args)
    }
  })
}

interface Adding {
  readonly node?: { readonly opts?: unknown }
}

/** Its constructor sets the option only where there is one: else this is found. */
function patchFlowProducer({ FlowProducer }: { readonly FlowProducer: Class }, tracing: Tracing): void {
  if (Object.hasOwn(FlowProducer.prototype, 'telemetry')) return
  // a job of a flow is given a context only where it has options
  wrapMethod(FlowProducer.prototype, 'addNode', (original) => {
    return function (this: unknown, adding: Adding, ...rest: unknown[]) {
      const { node } = Object(adding) as Adding
      const isBare = tracing.isEnabled() && node !== undefined && node.opts === undefined
      return original.call(this, isBare ? { ...adding, node: { ...node, opts: {} } } : adding, ...rest)
    }
  })
  const telemetry = createTelemetry(tracing)
  Object.defineProperty(FlowProducer.prototype, 'telemetry', {
    configurable: true,
    get: () => (tracing.isEnabled() ? telemetry : undefined),
    set(this: object, value) {
      Object.defineProperty(this, 'telemetry', { value, writable: true, enumerable: true, configurable: true })
    },
  })
}
