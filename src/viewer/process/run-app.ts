/** Runs the program of `uptrace-node dev`: tracing preloaded, telemetry to the viewer, signals and exit code passed on. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { distFolder } from '../../lazy.ts'
import { runChild } from '../../run-child.ts'
import { canHookInThread } from '../../version.ts'
import { RUN_ATTRIBUTE } from '../api.ts'
import type { LocalViewer } from './locate.ts'

declare const UPTRACE_NODE_BUNDLED: boolean | undefined

export interface AppResult {
  readonly code: number
  readonly error?: string
}

const SCRIPT = /\.[cm]?[jt]s$/
const MAIN_FILES = ['index', 'main', 'server', 'app'].flatMap((name) => [
  `${name}.js`,
  `${name}.mjs`,
  `${name}.cjs`,
  `${name}.ts`,
])

/** @param more further variables for the program */
export async function runApp(
  command: readonly string[],
  { dsn }: Pick<LocalViewer, 'dsn'>,
  runId: string,
  more: Readonly<Record<string, string>> = {},
): Promise<AppResult> {
  const [program, ...args] = SCRIPT.test(command[0]!) ? [process.execPath, ...command] : withMainFile(command)
  const { code, error } = await runChild([program!, ...args], {
    stdio: 'inherit',
    env: { ...appEnvironment(dsn, runId), ...more },
    // npm and npx are .cmd files there
    shell: process.platform === 'win32' && program !== process.execPath,
  })
  return error === undefined ? { code } : { code, error: error.message }
}

/** A folder stands for the program in it. */
function withMainFile(command: readonly string[]): readonly string[] {
  const [folder, ...args] = command
  const isFolder = statSync(folder!, { throwIfNoEntry: false })?.isDirectory() ?? false
  const main = isFolder ? mainFileOf(folder!) : undefined
  return main === undefined ? command : [process.execPath, main, ...args]
}

function mainFileOf(folder: string): string | undefined {
  const names = [...MAIN_FILES]
  try {
    const { main } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { main?: unknown }
    if (typeof main === 'string') names.unshift(main)
  } catch {
    // a folder need not be a package
  }
  return names.map((name) => path.join(folder, name)).find((file) => existsSync(file))
}

function appEnvironment(dsn: string, runId: string): NodeJS.ProcessEnv {
  const { env } = process
  const preload = preloadOption()
  const options = env['NODE_OPTIONS'] ?? ''
  const attributes = env['OTEL_RESOURCE_ATTRIBUTES']
  return {
    ...env,
    NODE_OPTIONS: options.includes(preload) ? options : `${options} ${preload}`.trim(),
    OTEL_RESOURCE_ATTRIBUTES: `${attributes ? `${attributes},` : ''}${RUN_ATTRIBUTE}=${runId}`,
    // wins over the DSN that code names, which is for production
    UPTRACE_DEV_DSN: dsn,
  }
}

/**
 * By `-r` where that is enough for ES modules too: hooks of other preloads, such as those that compile TypeScript, then come after ours. As a URL,
 * or in quotes: blanks in a path would end the option.
 */
function preloadOption(): string {
  if (typeof UPTRACE_NODE_BUNDLED === 'undefined')
    return `--import=${new URL('../../register.ts', import.meta.url).href}`
  if (canHookInThread()) return `--require=${quote(path.join(distFolder(), 'register.cjs'))}`
  return `--import=${pathToFileURL(path.join(distFolder(), 'register.mjs')).href}`
}

const quote = (file: string): string => (/[\s"\\]/.test(file) ? JSON.stringify(file) : file)
