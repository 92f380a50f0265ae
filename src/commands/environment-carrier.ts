/** Trace context in environment variables: `TRACEPARENT` and `TRACESTATE`, from whoever started us to the program we start. */
import { type Context, type Span, type TextMapGetter, trace } from '@opentelemetry/api'
import { traceContextPropagator } from '../context/trace-context.ts'

type Environment = Readonly<Record<string, string | undefined>>

const getter: TextMapGetter<Environment> = {
  keys: Object.keys,
  get: (env, key) => env[key.toUpperCase()],
}

/**
 * The context of whoever started this process; the given one where the environment names no parent.
 * @see https://opentelemetry.io/docs/specs/otel/context/env-carriers/
 */
export function extractFromEnvironment(context: Context, env: Environment): Context {
  return traceContextPropagator.extract(context, env, getter)
}

/** The environment for a program below `span`. What an outer trace has left there is replaced; without a span of ours it stays. */
export function environmentBelow(span: Span, context: Context, env: Environment): Environment {
  const carrier: Record<string, string> = {}
  traceContextPropagator.inject(trace.setSpan(context, span), carrier, {
    set: (target, key, value) => {
      target[key.toUpperCase()] = value
    },
  })
  if (carrier.TRACEPARENT === undefined) return env
  const { TRACEPARENT: _parent, TRACESTATE: _state, ...rest } = env
  return { ...rest, ...carrier }
}
