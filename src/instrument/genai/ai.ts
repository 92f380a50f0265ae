/** ai (Vercel's AI SDK): model calls, tools and the generations that they are part of, as it tells of them on its tracing channel. */
import { type Attributes, type Context, type Span, SpanKind } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { followChannel } from '../channels.ts'
import { defineInstrumentation, type Settings, type Tracing } from '../define.ts'
import {
  answerAttributes,
  contentAttribute,
  isContentWanted,
  numbersOf,
  requestAttributes,
  spanName,
} from './conventions.ts'

interface Message {
  readonly type: string
  readonly event: Event
  readonly result?: unknown
}
interface Event {
  readonly provider?: unknown
  readonly modelId?: unknown
  readonly functionId?: unknown
  readonly messages?: unknown
  readonly toolCall?: { readonly toolName?: unknown; readonly toolCallId?: unknown; readonly input?: unknown }
}
interface Result {
  readonly content?: unknown
  readonly finishReason?: unknown
  readonly response?: { readonly id?: unknown; readonly modelId?: unknown }
  readonly usage?: { readonly inputTokens?: unknown; readonly outputTokens?: unknown; readonly tokens?: unknown }
}

const REQUEST = {
  temperature: 'gen_ai.request.temperature',
  topP: 'gen_ai.request.top_p',
  topK: 'gen_ai.request.top_k',
  maxOutputTokens: 'gen_ai.request.max_tokens',
  frequencyPenalty: 'gen_ai.request.frequency_penalty',
  presencePenalty: 'gen_ai.request.presence_penalty',
}
/** Their names in the conventions; steps are between a generation and its calls, and say nothing more. */
const OPERATIONS: Readonly<Record<string, string>> = {
  generateText: 'invoke_agent',
  streamText: 'invoke_agent',
  languageModelCall: 'chat',
  executeTool: 'execute_tool',
  embed: 'embeddings',
  embedMany: 'embeddings',
  rerank: 'rerank',
  generateSpeech: 'generate_speech',
  transcribe: 'transcribe',
}

let isFollowed = false

export function createAi(settings: Settings): Instrumentation {
  const targets = [{ module: 'ai', versions: ['>=7.0.0 <8'], patch: () => undefined }]
  return defineInstrumentation({ name: 'ai', targets, onEnable: follow }, settings)
}

function follow(tracing: Tracing): void {
  if (isFollowed) return
  isFollowed = true
  followChannel<Message>('ai:telemetry', {
    start: (message, parent) => start(tracing, message, parent),
    describe: (span, message) => describe(tracing, span, message),
  })
}

function start(tracing: Tracing, { type, event }: Message, parent: Context): Span | undefined {
  const operation = OPERATIONS[type]
  if (operation === undefined || !tracing.isEnabled() || hasOwnTelemetry()) return undefined
  const { provider, modelId, functionId, toolCall, messages } = event
  if (operation === 'execute_tool') {
    const attributes: Attributes = { 'gen_ai.operation.name': operation }
    if (typeof toolCall?.toolName === 'string') attributes['gen_ai.tool.name'] = toolCall.toolName
    if (typeof toolCall?.toolCallId === 'string') attributes['gen_ai.tool.call.id'] = toolCall.toolCallId
    if (isContentWanted(tracing))
      Object.assign(attributes, contentAttribute('gen_ai.tool.call.arguments', toolCall?.input))
    return tracing.startSpan(spanName(operation, toolCall?.toolName), { kind: SpanKind.INTERNAL, attributes }, parent)
  }
  const isWhole = operation === 'invoke_agent'
  const attributes = {
    ...requestAttributes(operation, providerOf(provider), modelId),
    ...numbersOf(event, REQUEST),
    ...(typeof functionId === 'string' && { 'gen_ai.agent.name': functionId }),
    ...(isContentWanted(tracing) && contentAttribute('gen_ai.input.messages', messages)),
  }
  const name = spanName(operation, isWhole ? functionId : modelId)
  return tracing.startSpan(name, { kind: isWhole ? SpanKind.INTERNAL : SpanKind.CLIENT, attributes }, parent)
}

function describe(tracing: Tracing, span: Span, { type, result }: Message): void {
  // a stream is only begun, and of a generation the calls below it tell
  if (type !== 'languageModelCall' && type !== 'embed' && type !== 'embedMany') return
  const { content, finishReason, response, usage } = Object(result) as Result
  const { unified } = Object(finishReason) as { readonly unified?: unknown }
  span.setAttributes(
    answerAttributes({
      id: response?.id,
      model: response?.modelId,
      finishReason: unified ?? finishReason,
      usage: { input: totalOf(usage?.inputTokens ?? usage?.tokens), output: totalOf(usage?.outputTokens) },
    }),
  )
  if (isContentWanted(tracing)) span.setAttributes(contentAttribute('gen_ai.output.messages', content))
}

const totalOf = (tokens: unknown): unknown =>
  typeof tokens === 'object' ? (Object(tokens) as { readonly total?: unknown }).total : tokens

/** `openai.chat` and `openai.responses` are one provider. */
const providerOf = (provider: unknown): unknown =>
  typeof provider === 'string' ? provider.split('.', 1)[0] : undefined

/** The application has registered `@ai-sdk/otel`, which makes the spans then. */
function hasOwnTelemetry(): boolean {
  const { AI_SDK_TELEMETRY_INTEGRATIONS: integrations } = globalThis as { AI_SDK_TELEMETRY_INTEGRATIONS?: unknown }
  return (
    Array.isArray(integrations) &&
    integrations.some((one) => /OpenTelemetry/.test(String(Object(one).constructor?.name)))
  )
}
