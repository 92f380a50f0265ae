/** What is read from a configuration file, and how a part that cannot be had is told. */
import type { ConfigurationModel } from '@opentelemetry/configuration'
import type { Destination } from '../destination.ts'
import type { Environment } from '../environment.ts'
import type { ConfigureOptions } from '../options.ts'
import type { VariableName } from '../variables.ts'

export type Model = ConfigurationModel

export interface FileConfig {
  /** What code may still override. */
  readonly options: ConfigureOptions
  readonly destinations: readonly Destination[]
  /** Takes the place of the environment, whose variables do not count beside a file. */
  readonly environment: Environment
  /** Settings of the file that have no effect here. */
  readonly warnings: readonly string[]
}

/** Filled while the file is gone through. */
export interface Draft {
  options: ConfigureOptions
  readonly destinations: Destination[]
  readonly environment: Partial<Record<VariableName, string>>
  readonly warnings: string[]
}

/** The file asks for something that this package does not have: nothing of the file is used then. */
export class UnsupportedError extends Error {}

/** The one member of an object such as `{ batch: {…} }`. */
export function onlyMember(what: string, value: Readonly<Record<string, unknown>>): [string, Record<string, unknown>] {
  const [first, ...more] = Object.entries(value).filter(([, content]) => content !== undefined)
  if (!first || more.length > 0) throw new UnsupportedError(`${what} must have exactly one member`)
  return [first[0], (first[1] ?? {}) as Record<string, unknown>]
}

export function unsupported(what: string, name: string, known: readonly string[]): never {
  throw new UnsupportedError(
    `${what} ${JSON.stringify(name)} is not available in this package (available: ${known.join(', ')})`,
  )
}

/** `null` stands for what is not given. */
export function given<Value>(value: Value | null | undefined): Value | undefined {
  return value ?? undefined
}
