/** What spans of model calls say, by the conventions of GenAI; what is asked and answered is left out unless the application wants it. */
import type { Attributes } from '@opentelemetry/api'
import type { Tracing } from '../define.ts'

/** Longer texts are cut: a conversation repeats all that was said before. */
const MAX_TEXT = 50_000

export interface Usage {
  readonly input?: unknown
  readonly output?: unknown
}

export const isContentWanted = ({ settings }: Tracing): boolean => settings['captureMessageContent'] === true

/** `operation model`, as `chat gpt-5`. */
export function spanName(operation: string, subject: unknown): string {
  return typeof subject === 'string' && subject !== '' ? `${operation} ${subject}` : operation
}

export function requestAttributes(operation: string, provider: unknown, model: unknown): Attributes {
  const attributes: Attributes = { 'gen_ai.operation.name': operation }
  if (typeof provider === 'string') attributes['gen_ai.provider.name'] = provider
  if (typeof model === 'string') attributes['gen_ai.request.model'] = model
  return attributes
}

/** Those of `request` that are numbers, under their names. */
export function numbersOf(request: object, names: Readonly<Record<string, string>>): Attributes {
  const attributes: Attributes = {}
  for (const [key, name] of Object.entries(names)) {
    const value = (request as Record<string, unknown>)[key]
    if (typeof value === 'number') attributes[name] = value
  }
  return attributes
}

export interface Answer {
  readonly id?: unknown
  readonly model?: unknown
  readonly finishReason?: unknown
  readonly usage?: Usage
}

export function answerAttributes({ id, model, finishReason, usage }: Answer): Attributes {
  const attributes: Attributes = {}
  if (typeof id === 'string') attributes['gen_ai.response.id'] = id
  if (typeof model === 'string') attributes['gen_ai.response.model'] = model
  if (typeof finishReason === 'string') attributes['gen_ai.response.finish_reasons'] = [finishReason]
  if (typeof usage?.input === 'number') attributes['gen_ai.usage.input_tokens'] = usage.input
  if (typeof usage?.output === 'number') attributes['gen_ai.usage.output_tokens'] = usage.output
  return attributes
}

/** As JSON, which conventions allow where an attribute cannot be structured. */
export function contentAttribute(name: string, content: unknown): Attributes {
  if (content === undefined || content === null) return {}
  try {
    return { [name]: JSON.stringify(content).slice(0, MAX_TEXT) }
  } catch {
    return {}
  }
}
