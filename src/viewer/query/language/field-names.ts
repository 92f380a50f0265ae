/** The fields that a query knows, under the names that people give them. */

export interface Field {
  readonly name: string
  readonly of?: 'span' | 'resource' | 'event'
  /** A field of every span or log record, not an attribute. */
  readonly isBuiltIn: boolean
  readonly isDuration?: boolean
}

export const SPAN_FIELDS = [
  'service',
  'name',
  'kind',
  'status',
  'duration',
  'trace',
  'span',
  'parent',
  'scope',
  'event',
  'message',
] as const
export const TRACE_FIELDS = [
  'trace.duration',
  'trace.spans',
  'trace.errors',
  'trace.logs',
  'root.service',
  'root.name',
  'badge',
] as const
export const LOG_FIELDS = ['service', 'severity', 'body', 'trace', 'span', 'scope', 'event'] as const

const BUILT_IN = new Set<string>([...SPAN_FIELDS, ...TRACE_FIELDS, ...LOG_FIELDS, 'has'])

/** Other names of built-in fields, in lower case: those of TraceQL, of Uptrace and of what people write. */
const ALIASES: Readonly<Record<string, string>> = {
  'service.name': 'service',
  servicename: 'service',
  operation: 'name',
  operationname: 'name',
  spanname: 'name',
  'span.name': 'name',
  _name: 'name',
  spankind: 'kind',
  'span.kind': 'kind',
  _kind: 'kind',
  'span.status': 'status',
  'status.code': 'status',
  statuscode: 'status',
  _status_code: 'status',
  'otel.status_code': 'status',
  'span.duration': 'duration',
  _duration: 'duration',
  _dur_ms: 'duration',
  latency: 'duration',
  traceid: 'trace',
  trace_id: 'trace',
  'trace.id': 'trace',
  _trace_id: 'trace',
  spanid: 'span',
  span_id: 'span',
  'span.id': 'span',
  _id: 'span',
  parentid: 'parent',
  'span.parentid': 'parent',
  parent_id: 'parent',
  parentspanid: 'parent',
  parent_span_id: 'parent',
  _parent_id: 'parent',
  'trace.parent_id': 'parent',
  statusmessage: 'message',
  status_message: 'message',
  'status.message': 'message',
  'span.statusmessage': 'message',
  _status_message: 'message',
  'otel.status_description': 'message',
  'otel.scope.name': 'scope',
  'scope.name': 'scope',
  'instrumentation.name': 'scope',
  'otel.library.name': 'scope',
  library: 'scope',
  'event.name': 'event',
  _event_name: 'event',
  traceduration: 'trace.duration',
  'trace.rootname': 'root.name',
  'trace.rootservice': 'root.service',
  rootname: 'root.name',
  rootservicename: 'root.service',
  'root.service.name': 'root.service',
  level: 'severity',
  loglevel: 'severity',
  'log.level': 'severity',
  severity_text: 'severity',
  severity_number: 'severity',
  severitynumber: 'severity',
  _severity: 'severity',
  severitytext: 'severity',
  'log.severity': 'severity',
  _body: 'body',
  msg: 'body',
}
const SCOPES: Readonly<Record<string, Field['of']>> = {
  span: 'span',
  attributes: 'span',
  attr: 'span',
  resource: 'resource',
  event: 'event',
}
const DURATIONS = new Set(['duration', 'trace.duration'])

/** What a written name stands for. TraceQL's `.x`, `span.x`, `resource.x`, `event.x` and `trace:id` are read too. */
export function resolveField(written: string): Field {
  // Datadog's @, TraceQL's span:duration
  return resolvePlain(written.replace(/^@(?=.)/, '').replace(/^([a-z]+):(?=.)/i, '$1.'))
}

function resolvePlain(written: string): Field {
  const lower = written.toLowerCase()
  if (lower === 'error') return { name: 'error', isBuiltIn: false }
  const name = builtInName(lower)
  if (name !== undefined) return { name, isBuiltIn: true, ...(DURATIONS.has(name) && { isDuration: true }) }
  if (written.startsWith('.') && written.length > 1) return resolveAttribute(written.slice(1))
  const [, scope = '', rest = ''] = /^([a-z]+)\.(?:attributes\.)?(.+)$/i.exec(written) ?? []
  const of = SCOPES[scope.toLowerCase()]
  if (of === undefined || rest === '') return { name: written, isBuiltIn: false }
  if (of === 'resource' && rest === 'service.name') return { name: 'service', isBuiltIn: true }
  return { ...resolveAttribute(rest), of }
}

/** All names of some built-in fields, for the nearest of a slip. */
export const otherNamesOf = (fields: readonly string[]): string[] =>
  Object.keys(ALIASES).filter((name) => fields.includes(ALIASES[name]!))

/** The built-in field of a name in lower case; `service_name` is Uptrace's way to write service.name. */
function builtInName(lower: string): string | undefined {
  if (BUILT_IN.has(lower)) return lower
  return [lower, lower.replaceAll('_', '.')].flatMap((name) => (Object.hasOwn(ALIASES, name) ? ALIASES[name]! : []))[0]
}

function resolveAttribute(name: string): Field {
  return name === 'service.name' ? { name: 'service', isBuiltIn: true } : { name, isBuiltIn: false }
}
