/** Reads what stands behind `uptrace-node check`. */
import { parseArgs } from 'node:util'
import { UsageError } from '../process/start.ts'
import { parseQuery } from '../query/language/parse.ts'
import { type Allowance, type CheckKind, KINDS } from './finding.ts'

export const HELP = `Usage: uptrace-node check [options] -- <command>
       uptrace-node check --viewer <dsn> [options]

Runs a command, such as the tests, with tracing on, and fails when its telemetry shows an N+1, an error, a span that was never ended,
or a request that goes over its budget. Nothing leaves this machine.

Options:
  --budget <file>      limits by route: { "GET /orders/:id": { "maxP95Millis": 200, "maxSpans": 50, "maxQueries": 5 } }
  --allow <kinds>      lets pass: ${KINDS.join(', ')}; of one operation: n-plus-one:"GET /orders/*"
  --junit <file>       writes the result as JUnit XML
  --output <file>      writes traces and logs as OTLP JSON, one request a line: uptrace-node import reads it
  --viewer <dsn>       uses a viewer that runs, instead of one in memory; without a command, looks at what it has
  --query <query>      only traces that meet it

Exit code: that of the command if it failed, else 1 with findings, 0 without, 2 for wrong use.
`

export interface CheckArguments {
  readonly command: readonly string[]
  readonly budget: string | undefined
  readonly allow: readonly Allowance[]
  readonly junit: string | undefined
  readonly output: string | undefined
  readonly viewer: string | undefined
  readonly query: string | undefined
  readonly help: boolean
}

const OPTIONS = {
  budget: { type: 'string' },
  allow: { type: 'string', multiple: true },
  junit: { type: 'string' },
  output: { type: 'string' },
  viewer: { type: 'string' },
  query: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Options of the check come first; the command and what follows it are its own. @throws {UsageError} */
export function parseArguments(args: readonly string[]): CheckArguments {
  const { own, command } = split(args)
  const { allow = [], help = false, budget, junit, output, viewer, query } = parse(own)
  if (viewer !== undefined && !/^http:\/\/[^@/]+@[^@]+$/.test(viewer))
    throw new UsageError('--viewer must be a DSN: http://<token>@localhost:<port>')
  if (!help && command.length === 0 && viewer === undefined) throw new UsageError('what to run is missing')
  if (query !== undefined) refuseWrong(query)
  const allowances = allow.flatMap((text) => text.split(',')).map(parseAllowance)
  return { command, budget, junit, output, viewer, query, help, allow: allowances }
}

function parse(own: string[]) {
  try {
    return parseArgs({ args: own, options: OPTIONS, allowPositionals: false }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function split(args: readonly string[]): { own: string[]; command: string[] } {
  let at = 0
  while (at < args.length && args[at]!.startsWith('-') && args[at] !== '--') {
    const name = args[at]!.slice(2) as keyof typeof OPTIONS
    at += Object.hasOwn(OPTIONS, name) && OPTIONS[name].type === 'string' ? 2 : 1
  }
  return { own: args.slice(0, at), command: args.slice(args[at] === '--' ? at + 1 : at) }
}

/** Before the tests run, not after. */
function refuseWrong(query: string): void {
  try {
    parseQuery(query)
  } catch (error) {
    throw new UsageError(`--query: ${(error as Error).message}`)
  }
}

function parseAllowance(text: string): Allowance {
  const [, kind = '', operation] = /^([^:]*)(?::(.*))?$/s.exec(text.trim()) ?? []
  if (!(KINDS as readonly string[]).includes(kind))
    throw new UsageError(`--allow takes ${KINDS.join(', ')}, not ${JSON.stringify(kind)}`)
  // quotes that no shell has taken away
  return { kind: kind as CheckKind, operation: operation?.replace(/^(['"])(.*)\1$/s, '$2') }
}
