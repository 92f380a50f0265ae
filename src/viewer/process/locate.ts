/** Finds the viewer of this user, or starts it as a process of its own that outlives the program. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { distFolder } from '../../lazy.ts'
import { VERSION } from '../../version.ts'
import { identify } from './identity.ts'
import type { ViewerMessage } from './main.ts'
import { addressOf, PREFERRED_PORT, reasonOfNode } from './start.ts'
import { isAlive, keptToken, readState } from './user-files.ts'

declare const UPTRACE_NODE_BUNDLED: boolean | undefined

/** A viewer on this machine. */
export interface LocalViewer {
  /** Address of the pages, without token. */
  readonly url: string
  /** What to send telemetry to. Holds the token. */
  readonly dsn: string
  readonly pid: number
}

export interface LocateOptions {
  /** Flags of the viewer, when it has to be started. */
  readonly args?: readonly string[]
  /** Start it even in production, CI and test runners: somebody asked for it by hand. */
  readonly force?: boolean
}

const START_MILLIS = 15_000
const PORTS_TRIED = 20
const TEST_RUNNERS = ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT', 'MOCHA_WORKER_ID', 'MOCHA', 'AVA_PATH', 'TAP']

/** Why a program must not start a viewer by itself, or undefined when it may. */
export function reasonNotToStart(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  if (env['NODE_ENV'] === 'production') return 'NODE_ENV is production'
  if (env['CI'] && env['CI'] !== 'false' && env['CI'] !== '0') return 'CI is set'
  const runner = TEST_RUNNERS.find((name) => env[name])
  if (runner !== undefined) return `this is a test runner (${runner} is set); use startViewer() of uptrace-node/viewer`
  return undefined
}

/**
 * Finds a running viewer, or starts one and waits until it listens.
 * @throws when it must not be started here, or does not start
 */
export async function findOrStartViewer(options: LocateOptions = {}): Promise<LocalViewer> {
  const reason = reasonOfNode() ?? (options.force ? undefined : reasonNotToStart())
  if (reason !== undefined) throw new Error(`The local viewer is not started: ${reason}.`)
  const running = await findViewer()
  if (running) return running
  const child = spawnViewer(options.args ?? [], true)
  try {
    return await readiness(child)
  } finally {
    if (child.connected) child.disconnect()
    child.unref()
  }
}

/** The viewer of this version that runs now; it has proven that it knows the token. */
export async function findViewer(): Promise<LocalViewer | undefined> {
  const state = readState()
  if (!state || (await identify(state.port, state.token))?.version !== VERSION) return undefined
  const [url, dsn] = addressOf(state.port, state.token)
  return { url, dsn, pid: state.pid }
}

/**
 * The same without waiting: gives the address at which the viewer runs, or will in a moment. Never throws.
 * Who sends to it has to try again until it listens.
 */
export function findOrStartViewerSync(options: LocateOptions = {}): LocalViewer | { readonly refused: string } {
  const reason = reasonOfNode() ?? (options.force ? undefined : reasonNotToStart())
  if (reason !== undefined) return { refused: `the local viewer is not started: ${reason}` }
  try {
    const token = keptToken()
    const state = readState()
    const isThere =
      state !== undefined && state.version === VERSION && isAlive(state.pid) && listenerOf(state.port) !== 'nobody'
    const port = isThere ? state.port : likelyPort()
    const [url, dsn] = addressOf(port, isThere ? state.token : token)
    if (isThere) return { url, dsn, pid: state.pid }
    const child = spawnViewer([...(options.args ?? []), `--port=${port}`], false)
    child.unref()
    return { url, dsn, pid: child.pid ?? 0 }
  } catch (error) {
    return { refused: `the local viewer cannot be started: ${(error as Error).message}` }
  }
}

function spawnViewer(args: readonly string[], withChannel: boolean): ChildProcess {
  const child = spawn(process.execPath, [viewerProgram(), ...args], {
    detached: true,
    windowsHide: true,
    stdio: withChannel ? ['ignore', 'ignore', 'ignore', 'ipc'] : 'ignore',
    env: viewerEnvironment(),
  })
  child.on('error', () => {})
  return child
}

/** The viewer must not be instrumented, nor report to itself. */
function viewerEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {}
  for (const [name, value] of Object.entries(process.env))
    if (!/^(NODE_OPTIONS|NODE_CHANNEL_|NODE_V8_COVERAGE|NODE_UNIQUE_ID|OTEL_|UPTRACE_)/.test(name)) env[name] = value
  env['OTEL_SDK_DISABLED'] = 'true'
  if (process.versions['electron'] !== undefined) env['ELECTRON_RUN_AS_NODE'] = '1'
  return env
}

function viewerProgram(): string {
  return typeof UPTRACE_NODE_BUNDLED === 'undefined'
    ? fileURLToPath(new URL('./main.ts', import.meta.url))
    : path.join(distFolder(), 'viewer-process.cjs')
}

function readiness(child: ChildProcess): Promise<LocalViewer> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The local viewer did not start: ${why}.`))
    const deadline = setTimeout(() => fail('it took too long'), START_MILLIS)
    child.on('message', (message: ViewerMessage) => {
      clearTimeout(deadline)
      if (message.ready) resolve({ url: message.url, dsn: message.dsn, pid: message.pid })
      else fail(message.message)
    })
    child.on('error', ({ message }) => fail(message))
    child.on('exit', (code, signal) => {
      clearTimeout(deadline)
      fail(`it ended with ${signal ?? `code ${code}`}`)
    })
  })
}

/** The port that the viewer will take: the preferred one, or the next that no other program of the machine has. */
function likelyPort(): number {
  for (let port = PREFERRED_PORT; port < PREFERRED_PORT + PORTS_TRIED; port++)
    if (listenerOf(port) !== 'somebody') return port
  return PREFERRED_PORT
}

/** Whether anybody listens on a port, where the kernel tells at once (Linux). */
function listenerOf(port: number): 'nobody' | 'somebody' | 'unknown' {
  if (process.platform !== 'linux') return 'unknown'
  const local = new RegExp(`^\\s*\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ 0A `, 'm')
  try {
    const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((table) => readFileSync(table, 'latin1'))
    return tables.some((table) => local.test(table)) ? 'somebody' : 'nobody'
  } catch {
    return 'unknown'
  }
}
