/** Finds out whether `OTEL_CONFIG_FILE` names a declarative configuration; its parser is loaded only then. */
import { loadLazily } from '../lazy.ts'
import type { Environment } from './environment.ts'
import type { FileConfig } from './file/model.ts'

export type { FileConfig } from './file/model.ts'

/** What the file says, or why it cannot be used; `undefined` when none is named. */
export type Declared = { readonly path: string; readonly variable: string } & (
  | { readonly config: FileConfig; readonly problem?: undefined }
  | { readonly config?: undefined; readonly problem: string }
)

/** Named first: the variable of the specification. */
const NAMES = ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE'] as const
/** Set by the commands `uptrace-node dev` and `check`, not by the user, so that it counts beside a file. */
const KEPT = ['UPTRACE_DEV_DSN', 'UPTRACE_DEV_CHECK', 'UPTRACE_DEV_PROFILE'] as const

/** The level of the log is asked for before the rest: what was read then is used once more. */
let kept: { readonly env: Environment; readonly found: Declared } | undefined

export function readDeclarative(env: Environment): Declared | undefined {
  const variable = NAMES.find((name) => env[name]?.trim())
  if (variable === undefined) return undefined
  const found = kept?.env === env ? kept.found : load(variable, env[variable]!.trim(), env)
  kept = undefined
  return found
}

/** As `readDeclarative`, which then does not read the file a second time. */
export function peekDeclarative(env: Environment): Declared | undefined {
  const found = readDeclarative(env)
  kept = found && { env, found }
  return found
}

function load(variable: string, path: string, env: Environment): Declared {
  const { loadConfigFile } = loadLazily<typeof import('./file/load.ts')>('config-file')
  const loaded = loadConfigFile(path)
  if ('problem' in loaded)
    return { path, variable, problem: `${variable} names ${path}, which can't be used: ${loaded.problem}` }
  // no other variable of OpenTelemetry or of ours counts; those of the platform do
  const platform = Object.entries(env).filter(([name]) => !/^(OTEL|UPTRACE)_/.test(name))
  const kept = KEPT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]))
  const environment = Object.fromEntries([...platform, ...kept, ...Object.entries(loaded.environment)])
  return { path, variable, config: { ...loaded, environment } }
}
