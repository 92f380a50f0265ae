/** The frame of every command that asks the viewer: options, help, connection, and errors as people can use them. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { connectToViewer, NoViewerError, type ViewerClient, ViewerError } from '../process/client.ts'
import { UsageError } from '../process/start.ts'
import { isHelp } from '../process/usage.ts'
import { clean } from '../terminal/clean.ts'
import { type Screen, screenOf } from '../terminal/screen.ts'

type Option = ParseArgsOptionsConfig[string] & {
  /** What stands for the value in the help, such as `<n>`. */
  readonly value?: string
  readonly help: string
}

export type Options = Readonly<Record<string, Option>>
export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

export interface Definition {
  /** After the name: `[query]`. */
  readonly usage: string
  readonly about: string
  readonly options: Options
  readonly examples?: readonly string[]
  /** Gives the exit code; nothing is 0. */
  run(context: Context): Promise<number | undefined>
}

export interface Context {
  readonly client: ViewerClient
  readonly values: Values
  /** What is no option. */
  readonly words: readonly string[]
  /** The words as a query: `undefined` without any. */
  readonly query: string | undefined
  readonly screen: Screen
  /** Ends with Ctrl-C. */
  readonly signal: AbortSignal
  print(...lines: readonly string[]): void
}

export const JSON_OPTION: Options = { json: { type: 'boolean', help: 'the answer of the API as JSON' } }
export const MARKDOWN_OPTION: Options = { markdown: { type: 'boolean', help: 'Markdown, for a bug report' } }
export const SINCE_OPTION: Options = {
  since: { type: 'string', value: '<time>', help: 'only what is younger: 30s, 10m, 2h, 1d' },
}
export const SERVICE_OPTION: Options = {
  service: { type: 'string', multiple: true, value: '<name>', help: 'only this service; may be repeated' },
}

export function limitOption(fallback: number): Options {
  return { limit: { type: 'string', short: 'n', value: '<n>', help: `how many at most, default ${fallback}` } }
}

/** Runs a command; gives its exit code: 0, 1 when the viewer is missing or refuses, 2 when the command is used wrongly. */
export async function runCommand(name: string, definition: Definition, args: readonly string[]): Promise<number> {
  if (isHelp(args)) {
    process.stdout.write(helpOf(name, definition))
    return 0
  }
  const abort = new AbortController()
  const onInterrupt = () => abort.abort()
  process.once('SIGINT', onInterrupt)
  ignoreClosedPipe()
  let query: string | undefined
  try {
    const { values, positionals } = parse(definition, args)
    query = positionals.length === 0 ? undefined : positionals.join(' ')
    const context: Context = {
      client: await connectToViewer(),
      values,
      words: positionals,
      query,
      screen: screenOf(process.stdout),
      signal: abort.signal,
      print: (...lines) => {
        if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
      },
    }
    return (await definition.run(context)) ?? 0
  } catch (error) {
    if (abort.signal.aborted) return 0
    return tell(name, error, query)
  } finally {
    process.removeListener('SIGINT', onInterrupt)
  }
}

/** @throws {UsageError} */
export function numberOf(values: Values, name: string, fallback: number, most: number): number {
  const text = values[name]
  if (text === undefined) return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new UsageError(`--${name} must be a whole number from 1 to ${most}, not ${JSON.stringify(text)}`)
  return value
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** The instant that `--since` names, in microseconds. @throws {UsageError} */
export function sinceOf({ since }: Values): number | undefined {
  if (since === undefined) return undefined
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(String(since)) ?? []
  if (unit === undefined) throw new UsageError(`--since is a time such as 30s, 10m or 2h, not ${JSON.stringify(since)}`)
  return Math.round(Date.now() * 1000 - Number(amount) * SECONDS[unit]! * 1e6)
}

/** @throws {UsageError} */
function parse({ options }: Definition, args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
    return { values: values as Values, positionals }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const negated = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && args.find((arg) => /^-[^-].*[:=<>~]/.test(arg))
    if (negated)
      throw new UsageError(
        `a query that begins with - stands behind --, after all options: -- ${JSON.stringify(negated)}`,
      )
    throw new UsageError(message.replace(/\. To specify a positional .*/s, ''))
  }
}

function tell(name: string, error: unknown, query: string | undefined): number {
  const say = (text: string) => process.stderr.write(`${text}\n`)
  if (error instanceof UsageError) {
    say(`uptrace-node ${name}: ${clean(error.message)}\nSee uptrace-node ${name} --help.`)
    return 2
  }
  if (error instanceof ViewerError) {
    say(`uptrace-node: ${clean(error.message)}`)
    if (error.position === undefined || query === undefined) return 1
    // one column a character, so that the mark stands below its place
    say(`  ${query.replace(/[\p{C}\s]/gu, ' ')}\n  ${' '.repeat(error.position)}^`)
    return 2
  }
  if (!(error instanceof NoViewerError)) throw error
  say(`uptrace-node: ${error.message}`)
  return 1
}

function helpOf(name: string, { usage, about, options, examples = [] }: Definition): string {
  const rows = Object.entries(options).map(([key, { value, short, help }]) => {
    const left = `${short === undefined ? '' : `-${short}, `}--${key}${value === undefined ? '' : ` ${value}`}`
    return `  ${left.padEnd(20)} ${help}`
  })
  const shown =
    examples.length === 0 ? '' : `\nExamples:\n${examples.map((line) => `  uptrace-node ${line}\n`).join('')}`
  const listed = rows.length === 0 ? '' : `\nOptions:\n${rows.join('\n')}\n`
  return `Usage: uptrace-node ${name} ${usage}\n\n${about}\n${listed}${shown}`
}

/** `uptrace-node traces | head -1` is no fault. */
function ignoreClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}
