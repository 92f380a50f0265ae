/** Starts a measured program under an arm, and reads what it used. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ARMS } from './arms.ts'
import { folderOf } from './arms-install.ts'
import { applyLoad, type LoadResult } from './load.ts'
import type { Sink } from './sink.ts'
import type { Tally } from './sink-tally.ts'

/** The programs, by the name of their file in `apps`. */
export const APPS = ['http', 'express', 'fastify', 'express-pg'] as const
export type App = (typeof APPS)[number]

/** What a request did, seen from all sides. */
export interface Sample {
  readonly cpuMicros: number
  readonly rssMegabytes: number
  readonly latency: LoadResult
  /** Of the requests that CPU was measured with. */
  readonly tally: Tally
  readonly requests: number
}

export interface Plan {
  readonly app: App
  readonly arm: string
  readonly sink: Sink
  /** Before anything is measured. */
  readonly warmup: number
  /** For CPU; each connection asks again at once unless there is a `rate`. */
  readonly requests: number
  /** Requests a second. */
  readonly rate?: number
  /** Then latency is measured at a fixed rate. */
  readonly latency?: { readonly requests: number; readonly rate: number }
}

export interface Usage {
  readonly cpuMicros: number
  readonly rss: number
  readonly heapUsed: number
}

const DRAIN_MILLIS = 800
const WARMUP_LIMIT_SECONDS = 6
const CONNECTIONS = 32

/** One program from start to end: warm-up, everything sent, the load, everything sent again, and the load for latency. */
export async function measure({ app, arm, sink, warmup, requests, rate, latency }: Plan): Promise<Sample> {
  const drain = (): Promise<void> => sleep(ARMS[arm]!.drainMillis ?? DRAIN_MILLIS)
  const program = await startProgram(app, arm, sink.port)
  const load = { port: program.port, connections: CONNECTIONS }
  try {
    if (warmup > 0) {
      await applyLoad({ ...load, requests: warmup, limitSeconds: WARMUP_LIMIT_SECONDS })
    }
    await drain()
    await sink.take()
    const before = await program.usage()
    const asked = await applyLoad({ ...load, requests, ...(rate && { rate }) })
    await drain()
    const after = await program.usage()
    const tally = await sink.take()
    const timed = latency ? await applyLoad({ ...load, ...latency }) : asked
    const failed = asked.failed + (latency ? timed.failed : 0)
    if (failed > 0) throw new Error(`${arm}, ${app}: ${failed} requests failed`)
    return {
      cpuMicros: (after.cpuMicros - before.cpuMicros) / requests,
      rssMegabytes: after.rss / 1e6,
      latency: timed,
      tally,
      requests,
    }
  } finally {
    await program.stop()
  }
}

export interface Program {
  readonly port: number
  /** After a garbage collection when asked for, which needs `--expose-gc`. */
  usage(question?: 'usage' | 'gc'): Promise<Usage>
  stop(): Promise<void>
}

export async function startProgram(
  app: App | 'hold',
  arm: string,
  port: number,
  nodeFlags: readonly string[] = [],
): Promise<Program> {
  const { flags, env } = ARMS[arm]!
  const folder = folderOf(arm)
  copyApps(folder)
  const child = fork(path.join(folder, 'apps', `${app}.cjs`), {
    cwd: folder,
    execArgv: [...nodeFlags, ...flags.cjs!],
    env: { PATH: process.env.PATH, BENCH_POSTGRES_URL: postgresUrl(), ...env?.(port) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-2_000)
  })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${arm}, ${app} ended with code ${code}: ${stderr}`)
  })
  ended.catch(() => undefined)
  const next = async (): Promise<unknown> => ((await Promise.race([once(child, 'message'), ended])) as [unknown])[0]
  return {
    port: ((await next()) as { port: number }).port,
    usage(question = 'usage') {
      const answer = next()
      child.send(question)
      return answer as Promise<Usage>
    },
    stop: () => stop(child),
  }
}

/** Without a signal that an arm could act upon: what it still holds does not count. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function copyApps(folder: string): void {
  const from = path.join(import.meta.dirname, 'apps')
  mkdirSync(path.join(folder, 'apps'), { recursive: true })
  for (const file of readdirSync(from)) copyFileSync(path.join(from, file), path.join(folder, 'apps', file))
}

/** Where `scripts/services.sh start` puts PostgreSQL. */
export const postgresUrl = (): string =>
  process.env.UPTRACE_TEST_POSTGRES_URL ?? 'postgres://test@127.0.0.1:25432/postgres'
