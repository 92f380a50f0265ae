/** The header of AWS X-Ray, which load balancers and Lambda read and write: X-Amzn-Trace-Id. */
import {
  type Context,
  createContextKey,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import { trimSpaces } from '../header-text.ts'
import { isSampled, readText, spanToSend, withParent } from './parent.ts'

const TRACE = 'x-amzn-trace-id'
const ROOT = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i
const PARENT = /^[0-9a-f]{16}$/i
/** The Lambda functions a request has gone through, by which Lambda ends loops. */
const LINEAGE = createContextKey('x-ray lineage')
const LEGAL_LINEAGE = /^[0-9A-Za-z:|,-]{1,256}$/

/** @see https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader */
export const xrayPropagator: TextMapPropagator = {
  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    const span = spanToSend(context)
    if (span === undefined) return
    const { traceId, spanId } = span
    const lineage = context.getValue(LINEAGE)
    const text = `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=${isSampled(span) ? 1 : 0}`
    setter.set(carrier, TRACE, typeof lineage === 'string' ? `${text};Lineage=${lineage}` : text)
  },

  /** Without a parent or a decision, as a load balancer writes it, there is nothing to continue. */
  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    const parts = parseParts(readText(carrier, TRACE, getter) ?? '')
    const lineage = parts.get('lineage') ?? ''
    const base = LEGAL_LINEAGE.test(lineage) ? context.setValue(LINEAGE, lineage) : context
    const root = ROOT.exec(parts.get('root') ?? '')
    const spanId = parts.get('parent') ?? ''
    const sampled = parts.get('sampled')
    if (root === null || !PARENT.test(spanId) || (sampled !== '0' && sampled !== '1')) return base
    return withParent(base, { traceId: root[1]! + root[2]!, spanId, sampled: sampled === '1' })
  },

  fields: () => [TRACE],
}

function parseParts(header: string): Map<string, string> {
  const parts = new Map<string, string>()
  for (const part of header.slice(0, 1024).split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0) parts.set(trimSpaces(part.slice(0, equals)).toLowerCase(), trimSpaces(part.slice(equals + 1)))
  }
  return parts
}
