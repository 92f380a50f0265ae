/** The commands that ask the running viewer, by name. */
import { compare } from './compare.ts'
import { errors, insights } from './findings.ts'
import { type Definition, runCommand } from './frame.ts'
import { logs } from './logs.ts'
import { metrics, services, status } from './overview.ts'
import { trace, traces } from './traces.ts'
import { clear, exportCommand, importCommand } from './transfer.ts'

const DEFINITIONS: Readonly<Record<string, Definition>> = {
  traces,
  trace,
  logs,
  errors,
  insights,
  services,
  metrics,
  compare,
  export: exportCommand,
  import: importCommand,
  clear,
  status,
}

/** @param name of a command in the list of `src/cli.ts` */
export function askCommand(name: string): (args: readonly string[]) => Promise<number> {
  return (args) => runCommand(name, DEFINITIONS[name]!, args)
}
