/** Runs a program as a user would: in a process of its own, on the built package. */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '../..')
const PROGRAMS = path.join(ROOT, '.cache/programs')
/** The package under test: this repository with its dist, or what scripts/unpack.ts has made of the tarball. */
export const PACKAGE = process.env['UPTRACE_TEST_PACKAGE'] ?? ROOT

export interface RunOptions {
  /** Flags of Node itself, e.g. `['--import', 'uptrace-node/register']`. */
  readonly flags?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The Node binary. @default the one that runs the tests */
  readonly node?: string
  /** Packages to find under other names: `{ pino: 'pino-8' }` makes `require('pino')` load node_modules/pino-8. */
  readonly aliases?: Readonly<Record<string, string>>
  /** The folder that the program gets a folder in: packages resolve from there. @default one in the repository, which has all dev dependencies */
  readonly home?: string
  /** Further files beside the program. */
  readonly files?: Readonly<Record<string, string>>
  readonly timeoutMillis?: number
  /** Called with the child while it runs. */
  readonly onStart?: (child: { pid: number; kill(signal: NodeJS.Signals): void; readonly stdout: string }) => void
}

export interface RunResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly millis: number
}

/** Runs `source` as a file with the ending `kind`; `uptrace-node` and every dev dependency resolve from it. */
export async function runSource(
  kind: 'mjs' | 'cjs' | 'ts',
  source: string,
  options: RunOptions = {},
): Promise<RunResult> {
  const home = options.home ?? process.env['UPTRACE_TEST_PROGRAMS'] ?? PROGRAMS
  mkdirSync(home, { recursive: true })
  const folder = mkdtempSync(path.join(home, 'p-'))
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  linkAliases(folder, options.aliases ?? {})
  for (const [name, content] of Object.entries(options.files ?? {})) writeFileSync(path.join(folder, name), content)
  const file = path.join(folder, `main.${kind}`)
  writeFileSync(file, source)
  return runFile(file, options)
}

export function runFile(file: string, options: RunOptions = {}): Promise<RunResult> {
  const started = performance.now()
  const child = spawn(options.node ?? process.execPath, [...(options.flags ?? []), file, ...(options.args ?? [])], {
    cwd: path.dirname(file),
    env: { ...withoutTelemetry(process.env), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  options.onStart?.({
    pid: child.pid!,
    kill: (signal) => void child.kill(signal),
    get stdout() {
      return stdout
    },
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMillis ?? 20_000)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, stdout, stderr, millis: performance.now() - started })
    })
  })
}

/** `uptrace-node` itself is linked as an app would have it, since a program below the repository is not inside the package. */
function linkAliases(folder: string, aliases: Readonly<Record<string, string>>): void {
  const modules = path.join(folder, 'node_modules')
  mkdirSync(modules)
  symlinkSync(PACKAGE, path.join(modules, 'uptrace-node'))
  for (const [name, target] of Object.entries(aliases)) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true })
    // a copy, not a link: module hooks go by the real folder's name
    cpSync(path.join(ROOT, 'node_modules', target), path.join(modules, name), { recursive: true })
  }
}

function withoutTelemetry(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(UPTRACE_(?!TEST_)|OTEL_|NODE_OPTIONS|VITEST)/.test(name)),
  )
}
