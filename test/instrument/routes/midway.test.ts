/** Midway 4, which is not installed here: its service of traces, as it makes spans. */
import { context, ROOT_CONTEXT, type Span, SpanKind, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { RPCType, setRPCMetadata } from '@opentelemetry/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { patchMidway } from '../../../src/instrument/routes/midway.ts'

beforeEach(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterEach(() => context.disable())

interface Options {
  readonly attributes: Record<string, unknown>
  readonly meta?: Record<string, string>
  readonly enable?: boolean
}
const started: string[] = []
class MidwayTraceService {
  readonly #own = 'kept'
  resolveTraceMeta = (meta: Options['meta']): Record<string, string> => ({ ...meta, own: this.#own })
  async runWithEntrySpan(name: string, options: Options, run: (span: unknown) => unknown): Promise<unknown> {
    this.resolveTraceMeta(options.meta)
    if (options.enable === false) return run(undefined)
    started.push(name)
    return trace.getTracer('app').startActiveSpan(name, { kind: SpanKind.SERVER }, run)
  }
}
patchMidway({ MidwayTraceService })

test.for([
  ['http, in a request that is traced', 'http', true, [], { tenant: 'acme', own: 'kept' }],
  ['http, without a request', 'http', false, ['GET /users/1'], undefined],
  ['another protocol', 'grpc', true, ['GET /users/1'], undefined],
] as const)('%s', async ([, protocol, isTraced, names, attributes]) => {
  started.length = 0
  let said: unknown
  const span = Object.assign(trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 }), {
    setAttributes(values: unknown) {
      said = values
    },
  }) as Span
  const within = isTraced ? setRPCMetadata(ROOT_CONTEXT, { type: RPCType.HTTP, span }) : ROOT_CONTEXT
  const answer = await context.with(within, () =>
    new MidwayTraceService().runWithEntrySpan(
      'GET /users/1',
      { attributes: { 'midway.protocol': protocol }, meta: { tenant: 'acme' } },
      () => 'ok',
    ),
  )
  expect({ answer, started, said }).toEqual({ answer: 'ok', started: names, said: attributes })
})
