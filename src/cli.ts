#!/usr/bin/env node
/** The command `uptrace-node`: each subcommand is loaded only when it is asked for. */
import { VERSION } from './version.ts'

const HELP = `uptrace-node ${VERSION}

Usage:
  uptrace-node dev <file.js | command>          run a program, see its traces in the browser
  uptrace-node ui                               the viewer alone
  uptrace-node check [options] -- <command>     run tests, fail on N+1, errors, budgets
  uptrace-node mcp                              what the viewer holds, for coding agents
  uptrace-node doctor [--json] [-- <command>]   find out why telemetry does not arrive
  uptrace-node --version
`

type Command = (args: readonly string[]) => Promise<number>

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import('./viewer/process/commands.ts')).runDev,
  ui: async () => (await import('./viewer/process/commands.ts')).runUi,
  check: async () => (await import('./viewer/check/command.ts')).runCheck,
  mcp: async () => (await import('./viewer/mcp/server.ts')).runMcp,
  doctor: async () => (await import('./diagnostics/doctor.ts')).runDoctor,
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
    process.stderr.write(`uptrace-node: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  },
)
