/** What is known of an SDK that people come from. */
import type { OptionMappings } from './option-mapping.ts'

export interface Road {
  readonly name: string
  /** A project with one of these packages is on this road. */
  readonly knownBy: readonly string[]
  readonly removes: RegExp
  /** What loads the SDK ahead of the program, in scripts and Dockerfiles. */
  readonly preload: RegExp
  /** Environment variables by their new name; a name that ends in `=` becomes a part of OTEL_RESOURCE_ATTRIBUTES. */
  readonly variables: Readonly<Record<string, string>>
  /** The call that configures it, up to its parenthesis. */
  readonly setUp: RegExp
  readonly options: OptionMappings
  /** Whether options that are not named have the same name here. */
  readonly keepsOthers: boolean
  /** Lines of code, and what to write instead. */
  readonly calls: ReadonlyArray<readonly [RegExp, string]>
}

export const NOT_READ = 'is not read: set UPTRACE_DSN'
/** A preload option: `--require x`, `-r x`, `--import=x`. */
export const preloadOf = (module: string): RegExp =>
  new RegExp(`(?:--require|--import|-r)[ =](['"]?)${module}\\1(?=[\\s"']|$)`, 'g')

/** What an address of a back end of theirs becomes. */
export const ADDRESS = 'UPTRACE_DSN, or OTEL_EXPORTER_OTLP_ENDPOINT for a Collector'
export const SAMPLER_ARG = 'OTEL_TRACES_SAMPLER_ARG (with OTEL_TRACES_SAMPLER=parentbased_traceidratio)'
export const ENABLED = 'OTEL_SDK_DISABLED (the opposite)'
