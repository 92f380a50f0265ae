/** graphql 17, which tells of its operations itself: spans with the names and attributes of OpenTelemetry's instrumentation of older versions. */
import { type Attributes, type Context, type Span, SpanStatusCode } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { followChannel } from '../channels.ts'
import { defineInstrumentation, type Settings, type Tracing } from '../define.ts'

interface Message {
  readonly operationName?: string
  readonly operationType?: string
  readonly fieldName?: string
  readonly parentType?: string
  readonly fieldType?: string
  readonly fieldPath?: string
  readonly isDefaultResolver?: boolean
  readonly result?: unknown
}

let isFollowed = false

export function createGraphql17(settings: Settings): Instrumentation {
  const targets = [{ module: 'graphql', versions: ['>=17.0.0 <18'], patch: () => undefined }]
  return defineInstrumentation({ name: 'graphql', targets, onEnable: follow }, settings)
}

function follow(tracing: Tracing): void {
  if (isFollowed) return
  isFollowed = true
  const start =
    (name: (message: Message) => string | undefined, attributesOf: (message: Message) => Attributes = () => ({})) =>
    (message: Message, parent: Context): Span | undefined => {
      const text = tracing.isEnabled() ? name(message) : undefined
      return text === undefined ? undefined : tracing.startSpan(text, { attributes: attributesOf(message) }, parent)
    }
  followChannel<Message>('graphql:parse', { start: start(() => 'graphql.parse') })
  followChannel<Message>('graphql:validate', { start: start(() => 'graphql.validate'), describe: noteErrors })
  for (const channel of ['graphql:execute', 'graphql:subscribe'])
    followChannel<Message>(channel, { start: start(nameOf, attributesOfOperation), describe: noteErrors })
  followChannel<Message>('graphql:resolve', {
    start: start((message) => nameOfResolver(message, tracing.settings), attributesOfField),
  })
}

/** The operation as its document names it: few names, as those of routes. */
function nameOf({ operationType, operationName }: Message): string {
  return operationName ? `${operationType} ${operationName}` : (operationType ?? 'graphql.execute')
}

function attributesOfOperation({ operationType, operationName }: Message): Attributes {
  return {
    ...(operationType !== undefined && { 'graphql.operation.type': operationType }),
    ...(operationName && { 'graphql.operation.name': operationName }),
  }
}

/** Fields that are only read have none, and neither has each item of a list by its number. */
function nameOfResolver({ fieldName, isDefaultResolver }: Message, settings: Settings): string | undefined {
  const { ignoreResolveSpans, ignoreTrivialResolveSpans } = settings
  if (ignoreResolveSpans || (ignoreTrivialResolveSpans && isDefaultResolver)) return undefined
  return `graphql.resolve ${fieldName}`
}

function attributesOfField({ fieldName, parentType, fieldType, fieldPath }: Message): Attributes {
  const path = fieldPath?.replace(/(^|\.)\d+(?=\.|$)/g, '$1*')
  const attributes: Attributes = {}
  if (fieldName !== undefined) attributes['graphql.field.name'] = fieldName
  if (path !== undefined) attributes['graphql.field.path'] = path
  if (fieldType !== undefined) attributes['graphql.field.type'] = fieldType
  if (parentType !== undefined) attributes['graphql.parent.name'] = parentType
  return attributes
}

/** Errors are part of an answer that is complete. */
function noteErrors(span: Span, { result }: Message): void {
  const errors = Array.isArray(result) ? result : (Object(result) as { readonly errors?: unknown }).errors
  if (!Array.isArray(errors) || errors.length === 0) return
  const { message } = Object(errors[0]) as { readonly message?: unknown }
  span.setStatus({ code: SpanStatusCode.ERROR, message: String(message) })
}
