/** The interceptors of connect-rpc alone: they never fail a call, and say where it went. */
import { type SpanOptions, type TracerProvider, trace } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { expect, test } from 'vitest'
import { createConnectRpc } from '../../../src/instrument/connect-rpc/index.ts'

type Next = (call: unknown) => Promise<unknown>
type Options = { readonly interceptors: ReadonlyArray<(next: Next) => Next> }
interface Exports {
  connectNodeAdapter(options: Partial<Options>): Next
  createGrpcTransport(options: Partial<Options>): Next
}

const answer = { stream: false, message: {} }
const run = ({ interceptors }: Options): Next => interceptors[0]!(async () => answer)

/** The package as far as it is patched, and the spans that are begun. */
function patched(): { readonly exported: Exports; readonly begun: SpanOptions[] } {
  const begun: SpanOptions[] = []
  const startSpan = (_name: string, options: SpanOptions) => {
    begun.push(options)
    return trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 })
  }
  const instrumentation = createConnectRpc({}) as Instrumentation & {
    getModuleDefinitions(): InstrumentationModuleDefinition[]
  }
  instrumentation.setTracerProvider({ getTracer: () => ({ startSpan }) } as unknown as TracerProvider)
  const exported = { connectNodeAdapter: run, createGrpcTransport: run } as unknown as Exports
  instrumentation.getModuleDefinitions()[0]!.patch!(exported, '2.0.0')
  return { exported, begun }
}

const call = { service: { typeName: 'shop.Echo' }, method: { name: 'Say' }, stream: false, header: new Headers() }

test('an IPv6 address has no brackets', async () => {
  const { exported, begun } = patched()
  await exported.createGrpcTransport({})({ ...call, url: 'https://[::1]/shop.Echo/Say' })
  expect(begun[0]!.attributes).toEqual({
    'rpc.system.name': 'connectrpc',
    'rpc.method': 'shop.Echo/Say',
    'server.address': '::1',
    'server.port': 443,
  })
})

test('a call of a server whose span cannot be begun is answered', async () => {
  const { exported, begun } = patched()
  const header = { [Symbol.iterator]: () => assertUnread() }
  expect(await exported.connectNodeAdapter({})({ ...call, header, url: 'x' })).toBe(answer)
  expect(begun).toEqual([])
  expect(await exported.connectNodeAdapter({})({ ...call, url: 'x' })).toBe(answer)
  expect(begun).toHaveLength(1)
})

function assertUnread(): never {
  throw new Error('headers that cannot be read')
}
