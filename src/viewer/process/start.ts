/** Runs the viewer as a program: one for each user, on a port that stays the same, until it is idle or told to end. */
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isNodeAtLeast, VERSION } from '../../version.ts'
import type { ViewerServer } from '../serve/server.ts'
import type { Limits } from '../store/limits.ts'
import { SCHEMA_VERSION } from '../store/schema.ts'
import { askToEnd, identify } from './identity.ts'
import {
  cacheDirectory,
  keptToken,
  lockStart,
  readState,
  removeState,
  type ViewerState,
  writeState,
} from './user-files.ts'

export const PREFERRED_PORT = 14_319
const PORTS_TRIED = 20
const OTLP_PORT = 4318
const IDLE_MINUTES = 30
const ENDING_MILLIS = 3000

export interface ViewerFlags {
  readonly port: number
  readonly memory: boolean
  /** Port of plain OTLP without a token. */
  readonly otlpPort: number | undefined
  /** 0 never ends. */
  readonly idleMinutes: number
  readonly dataDirectory: string
  readonly maxBytes: number | undefined
}

/** Wrong use of a command. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const VIEWER_FLAGS_HELP = `  --port <n>           preferred port, default ${PREFERRED_PORT}; the next free one is taken
  --memory             keep everything in memory
  --otlp[=<port>]      also take OTLP without a token, default port ${OTLP_PORT}
  --idle-minutes <n>   end after so long without data and without an open page, 0 never
  --data-dir <path>    where to keep the data
  --max-mb <n>         size of the data kept, default 256`

const OPTIONS = {
  port: { type: 'string' },
  memory: { type: 'boolean' },
  otlp: { type: 'string' },
  'idle-minutes': { type: 'string' },
  'data-dir': { type: 'string' },
  'max-mb': { type: 'string' },
} as const

/** @throws {UsageError} */
export function parseViewerFlags(args: readonly string[], idleMinutes = IDLE_MINUTES): ViewerFlags {
  const { values } = parse(args.map((arg) => (arg === '--otlp' ? `--otlp=${OTLP_PORT}` : arg)))
  const number = (name: 'port' | 'otlp' | 'idle-minutes' | 'max-mb', most: number): number | undefined => {
    const text = values[name]
    if (text === undefined) return undefined
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < 0 || value > most)
      throw new UsageError(`--${name} must be a number from 0 to ${most}, not ${JSON.stringify(text)}`)
    return value
  }
  const maxMegabytes = number('max-mb', 1_000_000)
  return {
    port: number('port', 65_535) ?? PREFERRED_PORT,
    memory: values.memory ?? false,
    otlpPort: number('otlp', 65_535),
    idleMinutes: number('idle-minutes', 100_000) ?? idleMinutes,
    dataDirectory: path.resolve(values['data-dir'] ?? cacheDirectory()),
    maxBytes: maxMegabytes === undefined ? undefined : maxMegabytes * 1024 * 1024,
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, strict: true, allowPositionals: false })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

export interface RunningViewer {
  readonly url: string
  readonly dsn: string
  readonly pid: number
  /** False when a viewer of this user was running already. */
  readonly isOurs: boolean
  /** Resolves when the viewer has ended. */
  readonly ended: Promise<void>
  end(): void
}

/** It keeps its data in node:sqlite, which Node.js has from 22.13 on without a flag. */
export function reasonOfNode(): string | undefined {
  return isNodeAtLeast(22, 13) ? undefined : `it needs Node.js 22.13 or newer, this is ${process.versions.node}`
}

/** Gives the viewer of this user: one that runs already, or this process becomes it. A viewer of another version is replaced. */
export async function runViewer(flags: ViewerFlags): Promise<RunningViewer> {
  const reason = reasonOfNode()
  if (reason !== undefined) throw new Error(`The local viewer cannot run: ${reason}.`)
  // programs that start together each start a viewer: one becomes it, the others find it
  const unlock = await lockStart()
  try {
    const token = keptToken()
    const state = readState()
    if (state && (await isRunning(state.port, state.token))) return existing(state)
    // one that has lost its state can be found by nobody else
    if (flags.port !== 0 && (await identify(flags.port, token))) await replace(flags.port, token)
    return serve(await start(flags, token), flags)
  } finally {
    unlock()
  }
}

function existing({ port, token, pid }: ViewerState): RunningViewer {
  const [url, dsn] = addressOf(port, token)
  return { url, dsn, pid, isOurs: false, ended: Promise.resolve(), end: () => {} }
}

export function addressOf(port: number, token: string): [url: string, dsn: string] {
  return [`http://localhost:${port}`, `http://${token}@localhost:${port}`]
}

/** Whether a viewer of this version answers; one of another version is asked to end, and waited for. */
async function isRunning(port: number, token: string): Promise<boolean> {
  const identity = await identify(port, token)
  if (!identity) return false
  if (identity.version === VERSION) return true
  await replace(port, token)
  return false
}

async function replace(port: number, token: string): Promise<void> {
  await askToEnd(port, token).catch(() => {})
  for (let waited = 0; waited < ENDING_MILLIS && (await identify(port, token)); waited += 50) await sleep(50)
}

async function start(flags: ViewerFlags, token: string): Promise<ViewerServer> {
  hideSqliteWarning()
  process.umask(0o077)
  const [{ startServer }, { createApi }] = await Promise.all([
    import('../serve/server.ts'),
    import('../serve/routes.ts'),
  ])
  return startServer(createApi, {
    port: flags.port,
    portAttempts: PORTS_TRIED,
    token,
    file: flags.memory ? undefined : path.join(flags.dataDirectory, `viewer-${SCHEMA_VERSION}.db`),
    limits: flags.maxBytes === undefined ? {} : onlyBytes(flags.maxBytes),
    otlpPort: flags.otlpPort,
    onShutdown: () => process.emit('SIGTERM'),
  })
}

function serve(server: ViewerServer, { idleMinutes }: ViewerFlags): RunningViewer {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  let isEnding = false
  writeState({ pid: process.pid, port: server.port, token: server.token, version: VERSION })
  const idleMillis = idleMinutes * 60_000
  const idleTimer = setInterval(
    () => {
      if (idleMillis > 0 && Date.now() - server.lastActiveMillis > idleMillis) end()
    },
    Math.min(Math.max(idleMillis / 4, 100), 30_000),
  )
  function end(): void {
    if (isEnding) return
    isEnding = true
    clearInterval(idleTimer)
    for (const signal of ENDINGS) process.removeListener(signal, end)
    removeState(process.pid)
    server.close().then(resolve, resolve)
  }
  for (const signal of ENDINGS) process.on(signal, end)
  return { url: server.url, dsn: server.dsn, pid: process.pid, isOurs: true, ended, end }
}

/** Whoever names a size wants that much kept, however many items it is. */
function onlyBytes(maxBytes: number): Partial<Limits> {
  const any = Number.MAX_SAFE_INTEGER
  return { maxBytes, maxSpans: any, maxLogs: any, maxMetricPoints: any, maxProfileBytes: Math.floor(maxBytes / 4) }
}

const ENDINGS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Node 22 warns that node:sqlite is experimental; whoever runs a viewer cannot do anything about it. */
function hideSqliteWarning(): void {
  const { emitWarning } = process
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!/SQLite is an experimental feature/.test(String(warning))) emitWarning.call(process, warning, ...rest)
  }) as typeof emitWarning
}
