#!/usr/bin/env node
/** The command `uptrace-node`: each subcommand is loaded only when it is asked for. */
import { messageOf } from './errors.ts'
import { VERSION } from './version.ts'

const HELP = `uptrace-node ${VERSION}

Usage:
  uptrace-node dev <file.js | command>          run a program, see its traces here and in the browser
  uptrace-node ui                               the viewer alone
  uptrace-node check [options] -- <command>     run tests, fail on N+1, errors, budgets
  uptrace-node mcp                              what the viewer holds, for coding agents
  uptrace-node doctor [--json] [-- <command>]   find out why telemetry does not arrive
  uptrace-node run [options] -- <command>       a span round any command
  uptrace-node migrate [folder] [--write]       what to change in a project with another SDK
  uptrace-node --version

What the running viewer holds, here in the terminal (--json, --markdown; --help of each tells more):
  uptrace-node traces [query] [--follow]        traces that meet a query
  uptrace-node trace <id>                       one trace as a waterfall
  uptrace-node logs [query] [--follow]          log records
  uptrace-node errors                           errors by cause
  uptrace-node insights                         N+1, slow operations, spans never ended
  uptrace-node services [service]               services, or the operations of one
  uptrace-node metrics [name]                   metrics and their last values
  uptrace-node compare [before] [after]         two runs of a program
  uptrace-node export [query] | import <file>   telemetry as files
  uptrace-node status | clear                   what is held; delete it
`

/** Commands that ask the running viewer. */
const ASKING = [
  'traces',
  'trace',
  'logs',
  'errors',
  'insights',
  'services',
  'metrics',
  'compare',
  'export',
  'import',
  'clear',
  'status',
] as const

type Command = (args: readonly string[]) => Promise<number>

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import('./viewer/process/dev.ts')).runDev,
  ui: async () => (await import('./viewer/process/ui.ts')).runUi,
  ...Object.fromEntries(
    ASKING.map((name) => [name, async () => (await import('./viewer/commands/index.ts')).askCommand(name)]),
  ),
  check: async () => (await import('./viewer/check/command.ts')).runCheck,
  mcp: async () => (await import('./viewer/mcp/server.ts')).runMcp,
  doctor: async () => (await import('./diagnostics/doctor.ts')).runDoctor,
  run: async () => (await import('./run.ts')).runCommand,
  migrate: async () => (await import('./commands/migrate/command.ts')).runMigrate,
}

async function main([name = '--help', ...args]: readonly string[]): Promise<number> {
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${VERSION}\n`)
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command) return (await command())(args)
  const isHelp = ['help', '--help', '-h'].includes(name)
  const output = isHelp ? process.stdout : process.stderr
  output.write(isHelp ? HELP : `uptrace-node: unknown command ${name}\n\n${HELP}`)
  return isHelp ? 0 : 2
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`uptrace-node: ${messageOf(error)}\n`)
    process.exitCode = 1
  },
)
