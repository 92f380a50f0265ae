/** What tracing costs a request: CPU at full load, latency at a fixed rate, and memory, beside what each arm recorded for it. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { ARMS, chosenArms } from './arms.ts'
import { prepareArm } from './arms-install.ts'
import { APPS, type App, measure, postgresUrl, type Sample } from './program.ts'
import { meanOfQuickest, median, signed, table } from './tables.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 2)
const RATE = Number(process.env.RATE ?? 1_000)
const SECONDS = Number(process.env.LOAD_SECONDS ?? 3)
const WARMUP = Number(process.env.WARMUP ?? 25_000)
const REQUESTS = Number(process.env.REQUESTS ?? 40_000)
/** In which the arms take turns. */
const SLICES = 40

export interface RequestResults {
  readonly settings: { readonly rounds: number; readonly rate: number; readonly seconds: number }
  /** App -> arm -> a sample a round. */
  readonly samples: Map<App, Map<string, Sample[]>>
  /** App -> arm -> a few requests at a low rate, at which nothing is dropped. */
  readonly recorded: Map<App, Map<string, Sample>>
  /** Arm -> why it is not in the tables. */
  readonly missing: Map<string, string>
}

export async function measureRequests(say: (line: string) => void): Promise<RequestResults> {
  const missing = new Map<string, string>()
  const arms = chosenArms().filter((arm) => {
    const reason = prepareArm(arm)
    if (reason) missing.set(arm, reason)
    return !reason
  })
  const apps = await chosenApps(say)
  const results: RequestResults = {
    settings: { rounds: ROUNDS, rate: RATE, seconds: SECONDS },
    samples: new Map(apps.map((app) => [app, new Map(arms.map((arm) => [arm, []]))])),
    recorded: new Map(apps.map((app) => [app, new Map()])),
    missing,
  }
  for (const app of apps) await record(results, app, arms)
  for (let round = 0; round < ROUNDS; round++) for (const app of apps) await sample(results, app, arms, say)
  return results
}

/** An arm that fails is left out from then on, and of this program as a whole: its rounds would not meet those of `none`. */
async function sample(
  results: RequestResults,
  app: App,
  arms: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  const requests = Math.ceil(REQUESTS / SLICES)
  const latency = { requests: RATE * SECONDS, rate: RATE }
  const plan = { app, arms: presentOf(results, arms), warmup: WARMUP, slices: SLICES, requests, latency }
  for (const [arm, taken] of await measure(plan)) {
    const own = results.samples.get(app)!.get(arm)!
    if (taken instanceof Error) {
      leaveOut(results, arm, taken)
      own.length = 0
    } else {
      own.push(taken)
      say(`round ${own.length}, ${app}, ${arm}: ${meanOfQuickest(taken.cpuMicros).toFixed(0)} µs`)
    }
  }
}

/** An arm that cannot run the program at all is missing, with its reason. */
async function record(results: RequestResults, app: App, arms: readonly string[]): Promise<void> {
  // the first requests are not counted: an arm may still be asking its agent what it can take
  const plan = { app, arms: presentOf(results, arms), warmup: 5, slices: 1, requests: 50, rate: 50 }
  for (const [arm, taken] of await measure(plan)) {
    if (taken instanceof Error) leaveOut(results, arm, taken)
    else results.recorded.get(app)!.set(arm, taken)
  }
}

const presentOf = ({ missing }: RequestResults, arms: readonly string[]): string[] =>
  arms.filter((arm) => !missing.has(arm))

function leaveOut(results: RequestResults, arm: string, error: Error): void {
  if (arm === 'none') throw error
  results.missing.set(arm, error.message.split('\n', 1)[0]!)
}

async function chosenApps(say: (line: string) => void): Promise<App[]> {
  const wanted = process.env.APPS?.split(',') ?? [...APPS]
  const apps = APPS.filter((app) => wanted.includes(app))
  if (!apps.includes('express-pg') || (await answers(postgresUrl()))) return apps
  say('PostgreSQL does not answer (`scripts/services.sh start`): express + pg is left out')
  return apps.filter((app) => app !== 'express-pg')
}

async function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port || 5432), hostname)
  return once(socket, 'connect').then(
    () => {
      socket.destroy()
      return true
    },
    () => false,
  )
}

/** A request, by the slices of all rounds: a program that had a slow start is not chosen, so few rounds do. */
const cpuOf = (samples: readonly Sample[]): number => meanOfQuickest(samples.flatMap(({ cpuMicros }) => cpuMicros))

/** The ratio to bare Node, and how far those of single rounds are apart. */
function describeRatio(none: readonly Sample[], own: readonly Sample[]): string {
  const ratio = (cpuOf(own) / cpuOf(none)).toFixed(2)
  if (own.length === 1) return ratio
  const ofRounds = own.map((sample, round) => cpuOf([sample]) / cpuOf([none[round]!]))
  return `${ratio} (${Math.min(...ofRounds).toFixed(2)} to ${Math.max(...ofRounds).toFixed(2)})`
}

const TITLES: Readonly<Record<App, string>> = {
  http: 'plain `node:http`',
  express: 'express 5: body parser, one middleware, one router, one route',
  fastify: 'fastify 5: one hook, one route',
  'express-pg': 'express 5 with one PostgreSQL query',
}

export function describeRequests(results: RequestResults): string {
  const { rounds, rate, seconds } = results.settings
  const sections = [...results.samples].map(
    ([app, samples]) => `### ${TITLES[app]}\n\n${describeApp(results, app, samples)}`,
  )
  const missing = [...results.missing].map(([arm, reason]) => `- ${ARMS[arm]!.title}: not measured: ${reason}`)
  return [
    `Rounds: ${rounds}. In each, the same program runs under all arms at once, and they take turns under load: ${WARMUP} requests as a warm-up, then ${REQUESTS} in ${SLICES} slices, as fast as they are answered on 32 connections, and for latency ${rate} requests a second for ${seconds} s. CPU is of the whole process, with the export of what was recorded, by the quickest quarter of the slices of all rounds. "over none" and "ratio" compare it with that of bare Node; in brackets the ratios of single rounds. "delivered" is the part of the spans that arrived of the requests for CPU.`,
    ...sections,
    ...(missing.length > 0 ? [missing.join('\n')] : []),
  ].join('\n\n')
}

function describeApp(results: RequestResults, app: App, samples: Map<string, Sample[]>): string {
  const head = [
    'arm',
    'CPU µs a request',
    'over none',
    'ratio',
    'p50 ms',
    'p99 ms',
    'RSS MB',
    'spans a request',
    'attributes a request',
    'wire bytes a request',
    'wire bytes a span',
    'delivered',
    'µs over none a span',
  ]
  const none = samples.get('none')!
  const rows = [...samples].filter(([arm, own]) => own.length > 0 && results.recorded.get(app)!.has(arm))
  return table(
    head,
    rows.map(([arm, own]) => {
      const of = (pick: (sample: Sample) => number): number => median(own.map(pick))
      const { tally, requests } = results.recorded.get(app)!.get(arm)!
      const spans = tally.spans / requests
      const load = own.reduce((sum, sample) => sum + sample.tally.spans, 0)
      const bytes = own.reduce((sum, sample) => sum + sample.tally.spanBytes, 0)
      const answered = own.reduce((sum, sample) => sum + sample.requests, 0)
      const cpu = cpuOf(own)
      const added = cpu - cpuOf(none)
      return [
        ARMS[arm]!.title,
        cpu.toFixed(0),
        arm === 'none' ? '' : signed(added),
        arm === 'none' ? '1' : describeRatio(none, own),
        (of((sample) => sample.latency.p50Micros) / 1_000).toFixed(2),
        (of((sample) => sample.latency.p99Micros) / 1_000).toFixed(2),
        of((sample) => sample.rssMegabytes).toFixed(0),
        spans.toFixed(1),
        (tally.attributes / requests).toFixed(0),
        load === 0 ? '' : (bytes / answered).toFixed(0),
        load === 0 ? '' : (bytes / load).toFixed(0),
        spans === 0 ? '' : `${((load / answered / spans) * 100).toFixed(0)} %`,
        spans === 0 ? '' : (added / spans).toFixed(1),
      ]
    }),
  )
}

if (import.meta.main) console.log(describeRequests(await measureRequests(console.error)))
