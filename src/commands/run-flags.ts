/** The arguments of `uptrace-node run`: options of its own, then `--` and the command. */
import { parseArgs } from 'node:util'
import type { Attributes } from '@opentelemetry/api'

export const RUN_HELP = `Usage: uptrace-node run [options] -- <command> [arguments]

Runs a command inside a span. The command gets TRACEPARENT in its environment; if it is there already, the span joins that trace.
A single argument with blanks in it is run by the shell: uptrace-node run -- "npm test && npm run lint"

Options:
  --name <text>             name of the span (default: the program)
  --attribute <key=value>   an attribute of the span; may be given several times
  --no-output               keep no tail of stdout and stderr
  --url                     print the address of the trace on stderr
  -h, --help
`

export interface RunFlags {
  readonly command: readonly string[]
  readonly name: string | undefined
  readonly attributes: Attributes
  readonly keepsOutput: boolean
  readonly printsUrl: boolean
}

/** `undefined` when help was asked for. @throws {TypeError} for wrong arguments, without repeating values: one may be a password */
export function parseRunFlags(args: readonly string[]): RunFlags | undefined {
  const end = commandStart(args)
  const { values } = parseOwn(args.slice(0, end))
  if (values.help) return undefined
  const command = args.slice(args[end] === '--' ? end + 1 : end)
  if (command.length === 0) throw new TypeError('the command is missing')
  return {
    command,
    name: values.name,
    attributes: Object.fromEntries((values.attribute ?? []).map(parseAttribute)),
    keepsOutput: values['no-output'] !== true,
    printsUrl: values.url === true,
  }
}

const OPTIONS = {
  name: { type: 'string' },
  attribute: { type: 'string', multiple: true },
  'no-output': { type: 'boolean' },
  url: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Where the options end: at `--`, or at the first word that is neither an option nor the value of one. */
function commandStart(args: readonly string[]): number {
  let at = 0
  while (at < args.length && args[at] !== '--' && args[at]!.startsWith('-')) {
    at += args[at] === '--name' || args[at] === '--attribute' ? 2 : 1
  }
  return Math.min(at, args.length)
}

function parseOwn(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new TypeError(code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' ? 'a value is missing' : 'unknown option')
  }
}

function parseAttribute(pair: string): [string, string | number | boolean] {
  const at = pair.indexOf('=')
  if (at < 1) throw new TypeError('--attribute must be key=value')
  return [pair.slice(0, at), parseValue(pair.slice(at + 1))]
}

/** Numbers and booleans, where the text is just how they are written. */
function parseValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return text !== '' && String(Number(text)) === text && Number.isFinite(Number(text)) ? Number(text) : text
}
