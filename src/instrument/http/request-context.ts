/** The context of an incoming request: the span and the RPC metadata in fields, so that neither it nor its children copy a map. */
import { type Context, type Span, trace } from '@opentelemetry/api'
import { type RPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core'

export function createRequestContext(parent: Context, span: Span, rpc: RPCMetadata): Context {
  return new RequestContext(parent, span, rpc)
}

/** Always as flat as this, however often values are set: a chain would grow in programs that nest without end. */
class RequestContext implements Context {
  readonly #parent: Context
  readonly #span: unknown
  readonly #rpc: unknown

  constructor(parent: Context, span: unknown, rpc: unknown) {
    this.#parent = parent
    this.#span = span
    this.#rpc = rpc
  }

  getValue(key: symbol): unknown {
    return key === SPAN ? this.#span : key === RPC ? this.#rpc : this.#parent.getValue(key)
  }

  setValue(key: symbol, value: unknown): Context {
    if (key === SPAN) return new RequestContext(this.#parent, value, this.#rpc)
    if (key === RPC) return new RequestContext(this.#parent, this.#span, value)
    return new RequestContext(this.#parent.setValue(key, value), this.#span, this.#rpc)
  }

  deleteValue(key: symbol): Context {
    if (key === SPAN || key === RPC) return this.setValue(key, undefined)
    return new RequestContext(this.#parent.deleteValue(key), this.#span, this.#rpc)
  }
}

/** The keys are private to the API and the SDK: what they set a value under tells them. */
function keyOf(set: (context: Context) => unknown): symbol {
  let found: symbol | undefined
  const probe: Context = {
    getValue: () => undefined,
    setValue(key) {
      found = key
      return probe
    },
    deleteValue: () => probe,
  }
  set(probe)
  return found!
}

const someSpan = trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 })
const SPAN = keyOf((probe) => trace.setSpan(probe, someSpan))
const RPC = keyOf((probe) => setRPCMetadata(probe, { type: RPCType.HTTP, span: someSpan }))
