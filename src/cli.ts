#!/usr/bin/env node
/** The command `uptrace-node`: each subcommand is loaded only when it is asked for. */
import { VERSION } from './version.ts'

const HELP = `uptrace-node ${VERSION}

Usage:
  uptrace-node dev <file|command> [args]   run an app with telemetry on, sent to the local viewer
  uptrace-node ui [--port <n>] [--otlp]    start the local viewer and print its address and DSN
  uptrace-node doctor [--json] [-- <command>]
                                           find out why telemetry does not arrive
  uptrace-node --version
`

const COMMANDS: Record<string, () => Promise<(args: string[]) => Promise<number>>> = {
  dev: async () => (await import('./viewer/commands.ts')).runDev,
  ui: async () => (await import('./viewer/commands.ts')).runUi,
  doctor: async () => (await import('./diagnostics/doctor.ts')).runDoctor,
}

async function main([name, ...args]: string[]): Promise<number> {
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${VERSION}\n`)
    return 0
  }
  const command = name === undefined ? undefined : COMMANDS[name]
  if (command) return (await command())(args)
  const isHelp = name === undefined || name === 'help' || name === '--help' || name === '-h'
  ;(isHelp ? process.stdout : process.stderr).write(isHelp ? HELP : `uptrace-node: unknown command ${name}\n\n${HELP}`)
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
