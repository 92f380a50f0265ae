/** The flat context of a request behaves as any context of the API does. */
import { type Context, createContextKey, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { getRPCMetadata, isTracingSuppressed, RPCType, setRPCMetadata, suppressTracing } from '@opentelemetry/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRequestContext } from '../../src/instrument/http/request-context.ts'

const spanOf = (id: number) =>
  trace.wrapSpanContext({ traceId: String(id).padStart(32, '0'), spanId: String(id).padStart(16, '0'), traceFlags: 1 })
const keys = [createContextKey('a'), createContextKey('b')]

test('any sequence of changes gives what the context of the API gives', () => {
  const change = fc.tuple(
    fc.constantFrom('span', 'rpc', 'set', 'delete', 'deleteSpan', 'suppress', 'baggage'),
    fc.nat(3),
  )
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const rpc = { type: RPCType.HTTP as const, span: spanOf(9) }
      let ours = createRequestContext(ROOT_CONTEXT, spanOf(9), rpc)
      let theirs = setRPCMetadata(trace.setSpan(ROOT_CONTEXT, rpc.span), rpc)
      for (const [kind, id] of changes) [ours, theirs] = [apply(ours, kind, id), apply(theirs, kind, id)]
      expect(seen(ours)).toEqual(seen(theirs))
    }),
  )
})

test('a change leaves the context it was made from as it was', () => {
  const rpc = { type: RPCType.HTTP as const, span: spanOf(1) }
  const context = createRequestContext(ROOT_CONTEXT, spanOf(1), rpc)
  const before = seen(context)
  for (const kind of ['span', 'rpc', 'set', 'suppress']) apply(context, kind, 2)
  expect(seen(context)).toEqual(before)
})

function apply(context: Context, kind: string, id: number): Context {
  if (kind === 'span') return trace.setSpan(context, spanOf(id))
  if (kind === 'rpc') return setRPCMetadata(context, { type: RPCType.HTTP, span: spanOf(id), route: `/${id}` })
  if (kind === 'set') return context.setValue(keys[id % 2]!, id)
  if (kind === 'delete') return context.deleteValue(keys[id % 2]!)
  if (kind === 'deleteSpan') return trace.deleteSpan(context)
  if (kind === 'suppress') return suppressTracing(context)
  return propagation.setBaggage(context, propagation.createBaggage({ key: { value: String(id) } }))
}

const seen = (context: Context): unknown => ({
  span: trace.getSpanContext(context),
  rpc: getRPCMetadata(context)?.route,
  hasRpc: getRPCMetadata(context) !== undefined,
  values: keys.map((key) => context.getValue(key)),
  isSuppressed: isTracingSuppressed(context),
  baggage: propagation.getBaggage(context)?.getAllEntries(),
})
