/** Starts a measured program under an arm, and reads what it used. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ARMS } from './arms.ts'
import { folderOf } from './arms-install.ts'
import { type Load, type LoadResult, startLoadGenerator } from './load.ts'
import { type Sink, startSink } from './sink.ts'
import type { Tally } from './sink-tally.ts'

/** The programs, by the name of their file in `apps`. */
export const APPS = [
  ...(['http', 'express', 'fastify', 'express-pg', 'typical', 'out', 'fetch', 'redis', 'pino'] as const),
  ...(['grpc', 'manual', 'metrics', 'unsampled'] as const),
] as const
export type App = (typeof APPS)[number]

/** What a request did, seen from all sides. */
export interface Sample {
  /** A request, slice by slice. */
  readonly cpuMicros: readonly number[]
  readonly rssMegabytes: number
  readonly latency: LoadResult
  /** Of the requests that CPU was measured with. */
  readonly tally: Tally
  readonly requests: number
}

export interface Plan {
  readonly app: App
  readonly arms: readonly string[]
  /** Requests before anything is measured. */
  readonly warmup: number
  /** For CPU: the arms take turns, since a machine's speed may double from one second to the next. */
  readonly slices: number
  /** In each slice. */
  readonly requests: number
  /** Requests a second; without it each connection asks again at once. */
  readonly rate?: number
  /** Then latency is measured at a fixed rate. */
  readonly latency?: { readonly requests: number; readonly rate: number }
}

export interface Usage {
  readonly cpuMicros: number
  readonly rss: number
  readonly heapUsed: number
  /** 0 unless `BENCH_GC` is set in the program. */
  readonly gcMillis: number
}

/** A program under an arm, and what it has used for its requests. */
interface Run {
  readonly arm: string
  readonly program: Program
  readonly sink: Sink
  ask(load: Omit<Load, 'port' | 'connections'>): Promise<LoadResult>
  /** A request, slice by slice. */
  readonly cpuMicros: number[]
  failed: number
  last: LoadResult | undefined
}

const DRAIN_MILLIS = 800
/** After a slice that others follow. The rest of its last batch may go uncounted, but waiting for that would count an idle program. */
const SETTLE_MILLIS = 50
const WARMUP_LIMIT_SECONDS = 10
const CONNECTIONS = 32

/**
 * The same program under each arm, all of them at once but only one of them under load: warm-up, everything sent, slice after slice, everything sent
 * again, and the load for latency.
 *
 * @returns by arm: what was measured, or why not
 */
export async function measure(plan: Plan): Promise<Map<string, Sample | Error>> {
  const { app, arms, warmup } = plan
  const outcomes = new Map<string, Sample | Error>()
  let runs: Run[] = []
  const generator = startLoadGenerator()
  const inTurn = async (step: (run: Run) => Promise<unknown>, isBackwards = false): Promise<void> => {
    for (const run of isBackwards ? runs.toReversed() : [...runs]) {
      try {
        await step(run)
      } catch (error) {
        outcomes.set(run.arm, error as Error)
        runs = runs.filter((other) => other !== run)
        await end(run)
      }
    }
  }
  try {
    for (const arm of arms) {
      const sink = await startSink()
      try {
        const program = await startProgram(app, arm, sink.port)
        const own = { port: program.port, connections: CONNECTIONS }
        const ask: Run['ask'] = (load) => generator.apply({ ...own, ...load })
        runs.push({ arm, program, sink, ask, cpuMicros: [], failed: 0, last: undefined })
      } catch (error) {
        sink.stop()
        outcomes.set(arm, error as Error)
      }
    }
    await inTurn(async (run) => {
      if (warmup > 0) await run.ask({ requests: warmup, limitSeconds: WARMUP_LIMIT_SECONDS })
      await drain(run)
      await run.sink.take()
    })
    // forth and back, so that none always comes after the same one
    for (let left = plan.slices - 1; left >= 0; left--)
      await inTurn((run) => takeSlice(run, plan, left === 0), left % 2 === 1)
    await inTurn(async (run) => outcomes.set(run.arm, await conclude(run, plan)))
  } finally {
    generator.stop()
    await Promise.all(runs.map(end))
  }
  return outcomes
}

/** @throws why the arm could not be measured */
export function sampleOf(outcomes: ReadonlyMap<string, Sample | Error>, arm: string): Sample {
  const outcome = outcomes.get(arm)!
  if (outcome instanceof Error) throw outcome
  return outcome
}

async function takeSlice(run: Run, { requests, rate }: Plan, isLast: boolean): Promise<void> {
  const before = await run.program.usage()
  run.last = await run.ask({ requests, ...(rate && { rate }) })
  await (isLast ? drain(run) : sleep(SETTLE_MILLIS))
  const after = await run.program.usage()
  run.cpuMicros.push((after.cpuMicros - before.cpuMicros) / requests)
  run.failed += run.last.failed
}

async function conclude(run: Run, { app, requests, slices, latency }: Plan): Promise<Sample> {
  const { rss } = await run.program.usage()
  const tally = await run.sink.take()
  const timed = latency ? await run.ask(latency) : run.last!
  const failed = run.failed + (latency ? timed.failed : 0)
  if (failed > 0) throw new Error(`${run.arm}, ${app}: ${failed} requests failed`)
  return {
    cpuMicros: run.cpuMicros,
    rssMegabytes: rss / 1e6,
    latency: timed,
    tally,
    requests: requests * slices,
  }
}

const drain = ({ arm }: Run): Promise<void> => sleep(ARMS[arm]!.drainMillis ?? DRAIN_MILLIS)

async function end({ program, sink }: Run): Promise<void> {
  sink.stop()
  await program.stop()
}

export interface Program {
  readonly port: number
  /** After a garbage collection when asked for, which needs `--expose-gc`. */
  usage(question?: 'usage' | 'gc'): Promise<Usage>
  /** What the inspector of the program answers: a profile at `stop`. */
  inspect(command: `${'cpu' | 'heap'} ${'start' | 'stop'}`): Promise<unknown>
  stop(): Promise<void>
}

export async function startProgram(
  app: App | 'hold',
  arm: string,
  port: number,
  nodeFlags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const { flags, env } = ARMS[arm]!
  const folder = folderOf(arm)
  copyApps(folder)
  const child = fork(path.join(folder, 'apps', `${app}.cjs`), {
    cwd: folder,
    execArgv: [...nodeFlags, ...flags.cjs!],
    env: {
      PATH: process.env.PATH,
      BENCH_POSTGRES_URL: process.env[POSTGRES],
      BENCH_REDIS_URL: process.env[REDIS],
      ...env?.(port),
      ...ENVIRONMENTS[app],
      ...environment,
    },
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
    async inspect(command) {
      const answer = next()
      child.send(command)
      return ((await answer) as { profile: unknown }).profile
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

export function copyApps(folder: string): void {
  const from = path.join(import.meta.dirname, 'apps')
  mkdirSync(path.join(folder, 'apps'), { recursive: true })
  for (const file of readdirSync(from)) copyFileSync(path.join(from, file), path.join(folder, 'apps', file))
}

/** What `eval "$(scripts/services.sh env)"` sets. */
const POSTGRES = 'UPTRACE_TEST_POSTGRES_URL'
const REDIS = 'UPTRACE_TEST_REDIS_URL'

/** What some programs are started with beside what their arm is started with. */
const ENVIRONMENTS: Readonly<Partial<Record<App | 'hold', Readonly<Record<string, string>>>>> = {
  unsampled: { OTEL_TRACES_SAMPLER: 'parentbased_always_off', DD_TRACE_SAMPLE_RATE: '0' },
}

/** Programs that need servers, by the variables that say where those are. */
const NEEDS: Readonly<Partial<Record<App, readonly string[]>>> = {
  'express-pg': [POSTGRES],
  typical: [POSTGRES, REDIS],
  redis: [REDIS],
}

/** Why the program cannot run, or `undefined`. */
export async function findObstacle(app: App): Promise<string | undefined> {
  for (const name of NEEDS[app] ?? []) {
    const url = process.env[name]
    if (!url)
      return `${name} is not set: run \`scripts/services.sh start\` and \`eval "$(scripts/services.sh env)"\` first`
    if (!(await answers(url))) return `the server that ${name} names does not answer: run \`scripts/services.sh start\``
  }
  return undefined
}

async function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  return once(socket, 'connect').then(
    () => {
      socket.destroy()
      return true
    },
    () => false,
  )
}
