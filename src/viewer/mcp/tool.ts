/** What a tool for a coding agent is made of. */
import type { ViewerClient } from '../process/client.ts'

/** Arguments, checked against the schema of the tool. */
export type Arguments = Readonly<Record<string, string | number | boolean | undefined>>

export interface Tool {
  readonly name: string
  readonly title: string
  /** What it gives, and when to ask for it: this is all that an agent knows. */
  readonly description: string
  readonly properties: Readonly<Record<string, Property>>
  readonly required?: readonly string[]
  /** The answer as text: Markdown, or one JSON object a line. */
  run(client: ViewerClient, given: Arguments): Promise<string>
}

export interface Property {
  readonly type: 'string' | 'integer' | 'boolean'
  readonly description: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
}

/** Properties that several tools have. */
export const SINCE: Property = {
  type: 'integer',
  minimum: 1,
  description: 'Only the last so many minutes. Default: all that is stored.',
}
export const SERVICE: Property = { type: 'string', description: 'Only this service, by its exact service.name.' }

export const limitOf = (most: number, usual: number): Property => ({
  type: 'integer',
  minimum: 1,
  maximum: most,
  description: `At most so many. Default: ${usual}.`,
})

/** The beginning of the time window, in microseconds since the epoch. */
export function fromOf({ since_minutes: minutes }: Arguments): number | undefined {
  return typeof minutes === 'number' ? (Date.now() - minutes * 60_000) * 1000 : undefined
}

/** One JSON object a line, or a sentence that says what is not there. */
export function lines(items: readonly object[], nothing: string, more = ''): string {
  return items.length === 0 ? nothing : items.map((item) => JSON.stringify(item)).join('\n') + more
}

/** Nanoseconds as milliseconds, three digits. */
export const millis = (ns: number): number => Number((ns / 1e6).toPrecision(3))

export const time = (us: number): string => new Date(us / 1000).toISOString()
