/** What LangChain tells of runs: a span for each call of a model, a tool or a retriever, and for the chain that is the outermost. */
import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import type { Tracing } from '../define.ts'
import { describeError } from '../error-text.ts'
import {
  answerAttributes,
  contentAttribute,
  isContentWanted,
  numbersOf,
  requestAttributes,
  spanName,
} from '../genai/conventions.ts'

interface Run {
  readonly span: Span
  /** False for an inner chain, below which is what is below the span. */
  readonly isOwn: boolean
}
interface Metadata {
  readonly ls_provider?: unknown
  readonly ls_model_name?: unknown
}
interface Output {
  readonly generations?: ReadonlyArray<ReadonlyArray<Generation>>
  readonly llmOutput?: {
    readonly tokenUsage?: { readonly promptTokens?: unknown; readonly completionTokens?: unknown }
  }
}
interface Generation {
  readonly text?: unknown
  readonly generationInfo?: { readonly finish_reason?: unknown }
  readonly message?: {
    readonly id?: unknown
    readonly usage_metadata?: { readonly input_tokens?: unknown; readonly output_tokens?: unknown }
    readonly response_metadata?: { readonly finish_reason?: unknown; readonly model_name?: unknown }
  }
}

const REQUEST = {
  temperature: 'gen_ai.request.temperature',
  top_p: 'gen_ai.request.top_p',
  max_tokens: 'gen_ai.request.max_tokens',
}
/** Runs that are begun and never ended are forgotten after so many others. */
const MAX_RUNS = 10_000

/** One for all runs; LangChain waits for it, so that spans begin and end when the runs do. */
export function createHandler(tracing: Tracing): object {
  const runs = new Map<string, Run>()

  const remember = (runId: string, run: Run): void => {
    if (runs.size >= MAX_RUNS) runs.delete(runs.keys().next().value!)
    runs.set(runId, run)
  }
  const begin = (runId: string, parentRunId: unknown, name: string, kind: SpanKind, attributes: Attributes): void =>
    attempt(() => {
      const outer = runs.get(String(parentRunId))?.span
      const parent = outer === undefined ? context.active() : trace.setSpan(context.active(), outer)
      remember(runId, { span: tracing.startSpan(name, { kind, attributes }, parent), isOwn: true })
    })
  const end = (runId: string, describe: (span: Span) => void): void =>
    attempt(() => {
      const run = runs.get(runId)
      runs.delete(runId)
      if (run === undefined || !run.isOwn) return
      describe(run.span)
      run.span.end()
    })
  const fail = (error: unknown, runId: string): void =>
    end(runId, (span) => {
      const { type, message } = describeError(error)
      span.setAttribute('error.type', type)
      span.setStatus({ code: SpanStatusCode.ERROR, message })
    })
  const startModel =
    (operation: string) =>
    (
      llm: unknown,
      input: unknown,
      runId: string,
      parentRunId: unknown,
      extra: unknown,
      _tags: unknown,
      metadata: unknown,
    ) => {
      const { ls_provider: provider, ls_model_name: named } = Object(metadata) as Metadata
      const { invocation_params: params } = Object(extra) as { invocation_params?: { readonly model?: unknown } }
      const model = named ?? params?.model ?? nameOf(llm)
      const attributes = {
        ...requestAttributes(operation, provider, model),
        ...numbersOf(Object(params) as object, REQUEST),
      }
      if (isContentWanted(tracing)) Object.assign(attributes, contentAttribute('gen_ai.input.messages', input))
      begin(runId, parentRunId, spanName(operation, model), SpanKind.CLIENT, attributes)
    }

  return {
    name: 'uptrace-node',
    awaitHandlers: true,
    copy() {
      return this
    },
    handleChatModelStart: startModel('chat'),
    handleLLMStart: startModel('text_completion'),
    handleLLMEnd: (output: Output, runId: string) =>
      end(runId, (span) => {
        span.setAttributes(attributesOf(output))
        if (isContentWanted(tracing)) span.setAttributes(contentAttribute('gen_ai.output.messages', output.generations))
      }),
    handleLLMError: fail,
    handleToolStart(
      tool: unknown,
      input: unknown,
      runId: string,
      parentRunId: unknown,
      _tags: unknown,
      _metadata: unknown,
      runName: unknown,
      callId: unknown,
    ) {
      const name = runName ?? nameOf(tool)
      const attributes: Attributes = { 'gen_ai.operation.name': 'execute_tool' }
      if (typeof name === 'string') attributes['gen_ai.tool.name'] = name
      if (typeof callId === 'string') attributes['gen_ai.tool.call.id'] = callId
      if (isContentWanted(tracing)) Object.assign(attributes, contentAttribute('gen_ai.tool.call.arguments', input))
      begin(runId, parentRunId, spanName('execute_tool', name), SpanKind.INTERNAL, attributes)
    },
    handleToolEnd: (_output: unknown, runId: string) => end(runId, () => {}),
    handleToolError: fail,
    handleRetrieverStart: (
      retriever: unknown,
      _query: unknown,
      runId: string,
      parentRunId: unknown,
      _tags: unknown,
      _metadata: unknown,
      runName: unknown,
    ) =>
      begin(runId, parentRunId, spanName('retrieval', runName ?? nameOf(retriever)), SpanKind.INTERNAL, {
        'gen_ai.operation.name': 'retrieval',
      }),
    handleRetrieverEnd: (_documents: unknown, runId: string) => end(runId, () => {}),
    handleRetrieverError: fail,
    // in this order it is called, whatever its type declares
    handleChainStart(
      chain: unknown,
      _inputs: unknown,
      runId: string,
      parentRunId: unknown,
      _tags: unknown,
      _metadata: unknown,
      _type: unknown,
      runName: unknown,
    ) {
      const outer = runs.get(String(parentRunId))
      if (outer !== undefined) {
        remember(runId, { span: outer.span, isOwn: false })
        return
      }
      const name = runName ?? nameOf(chain)
      const attributes: Attributes = { 'gen_ai.operation.name': 'invoke_agent' }
      if (typeof name === 'string') attributes['gen_ai.agent.name'] = name
      begin(runId, undefined, spanName('invoke_agent', name), SpanKind.INTERNAL, attributes)
    },
    handleChainEnd: (_outputs: unknown, runId: string) => end(runId, () => {}),
    handleChainError: fail,
  }
}

function attributesOf({ generations, llmOutput }: Output): Attributes {
  const [generation] = generations?.[0] ?? []
  const { message, generationInfo } = generation ?? {}
  const { usage_metadata: usage, response_metadata: response } = message ?? {}
  return answerAttributes({
    id: message?.id,
    model: response?.model_name,
    finishReason: generationInfo?.finish_reason ?? response?.finish_reason,
    usage: {
      input: usage?.input_tokens ?? llmOutput?.tokenUsage?.promptTokens,
      output: usage?.output_tokens ?? llmOutput?.tokenUsage?.completionTokens,
    },
  })
}

/** The class that a serialized object is of. */
function nameOf(serialized: unknown): unknown {
  const { name, id } = Object(serialized) as { name?: unknown; id?: unknown }
  return typeof name === 'string' ? name : Array.isArray(id) ? id.at(-1) : undefined
}

/** LangChain would log what a handler throws. */
function attempt(run: () => void): void {
  try {
    run()
  } catch (error) {
    log.debug(`a run of langchain could not be traced: ${messageOf(error)}`)
  }
}
