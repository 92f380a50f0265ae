/** What tracing costs a request: CPU at full load, latency at a fixed rate, and memory, beside what each arm recorded for it. */
import { ARMS, chosenArms, OURS } from './arms.ts'
import { prepareArm } from './arms-install.ts'
import { APPS, type App, findObstacle, measure, type Sample } from './program.ts'
import { meanOfQuickest, median, signed, table } from './tables.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 2)
const RATE = Number(process.env.RATE ?? 1_000)
const SECONDS = Number(process.env.LOAD_SECONDS ?? 3)
const WARMUP = Number(process.env.WARMUP ?? 25_000)
const REQUESTS = Number(process.env.REQUESTS ?? 40_000)
/** In which the arms of a group take turns. */
const SLICES = 40
/** Beside bare Node and ours, in a group. More of them would let each rest for seconds between its turns, and then V8 shrinks a small heap and drops compiled code: a cost of bursts, not of load. */
const OTHERS_AT_ONCE = 3

export interface RequestResults {
  readonly settings: { readonly rounds: number; readonly rate: number; readonly seconds: number }
  /** App -> arm -> a sample a round; in `none` and ours, a sample a group and round. */
  readonly samples: Map<App, Map<string, Beside[]>>
  /** App -> arm -> a few requests at a low rate, at which nothing is dropped. */
  readonly recorded: Map<App, Map<string, Sample>>
  /** Arm -> why it is not in the tables. */
  readonly missing: Map<string, string>
}

/** A sample, with those of the arms that took turns with it. */
interface Beside {
  readonly own: Sample
  readonly none: Sample
  readonly ours: Sample | undefined
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

/** An arm that fails is left out from then on, and of this program as a whole. */
async function sample(
  results: RequestResults,
  app: App,
  arms: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  const requests = Math.ceil(REQUESTS / SLICES)
  const latency = { requests: RATE * SECONDS, rate: RATE }
  for (const group of groupsOf(presentOf(results, arms))) {
    const present = presentOf(results, group)
    const taken = await measure({ app, arms: present, warmup: WARMUP, slices: SLICES, requests, latency })
    const none = taken.get('none')!
    const ours = taken.get(OURS)
    if (none instanceof Error) throw none
    for (const [arm, own] of taken) {
      const samples = results.samples.get(app)!.get(arm)!
      if (own instanceof Error) {
        leaveOut(results, arm, own)
        samples.length = 0
      } else {
        samples.push({ own, none, ours: ours instanceof Error ? undefined : ours })
        say(`round ${samples.length}, ${app}, ${arm}: ${meanOfQuickest(own.cpuMicros).toFixed(0)} µs`)
      }
    }
  }
}

/** Each of the others once, beside bare Node and, if it is measured, ours. */
function groupsOf(arms: readonly string[]): string[][] {
  const isAlways = (arm: string): boolean => arm === 'none' || arm === OURS
  const always = arms.filter(isAlways)
  const others = arms.filter((arm) => !isAlways(arm))
  const count = Math.max(1, Math.ceil(others.length / OTHERS_AT_ONCE))
  const size = Math.ceil(others.length / count)
  return Array.from({ length: count }, (_, index) => [...always, ...others.slice(index * size, (index + 1) * size)])
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
  const present: App[] = []
  for (const app of apps) {
    const obstacle = await findObstacle(app)
    if (obstacle) say(`${app} is left out: ${obstacle}`)
    else present.push(app)
  }
  return present
}

/** A request, by the slices of all rounds: a program that had a slow start is not chosen, so few rounds do. */
const cpuOf = (samples: readonly Beside[], arm: keyof Beside): number =>
  meanOfQuickest(samples.flatMap((sample) => sample[arm]!.cpuMicros))

/** What a request costs more than under bare Node beside it. */
const addedBy = (samples: readonly Beside[], arm: keyof Beside): number => cpuOf(samples, arm) - cpuOf(samples, 'none')

/** The ratio to bare Node, and how far those of single rounds are apart. */
function describeRatio(samples: readonly Beside[]): string {
  const ratioOf = (some: readonly Beside[]): number => cpuOf(some, 'own') / cpuOf(some, 'none')
  const ratio = ratioOf(samples).toFixed(2)
  if (samples.length === 1) return ratio
  const ofRounds = samples.map((sample) => ratioOf([sample]))
  return `${ratio} (${Math.min(...ofRounds).toFixed(2)} to ${Math.max(...ofRounds).toFixed(2)})`
}

const TITLES: Readonly<Record<App, string>> = {
  http: 'plain `node:http`',
  express: 'express 5: body parser, one middleware, one router, one route',
  fastify: 'fastify 5: one hook, one route',
  'express-pg': 'express 5 with one PostgreSQL query',
  typical: 'a typical service: express 5, ioredis, PostgreSQL, fetch, a line of pino',
  out: 'one request by `node:http`',
  fetch: 'one request by fetch',
  redis: 'two commands of ioredis',
  pino: 'two lines of pino',
  grpc: 'one unary call of gRPC, with its server',
  manual: 'three spans by hand, with attributes and an event',
  metrics: 'ten measurements of counters, histograms and gauges',
  unsampled: 'the program with express, of which no trace is kept',
}

export function describeRequests(results: RequestResults): string {
  const { rounds, rate, seconds } = results.settings
  const sections = [...results.samples].map(
    ([app, samples]) => `### ${TITLES[app]}\n\n${describeApp(results, app, samples)}`,
  )
  const missing = [...results.missing].map(([arm, reason]) => `- ${ARMS[arm]!.title}: not measured: ${reason}`)
  return [
    `Rounds: ${rounds}. In each, the same program runs under up to ${OTHERS_AT_ONCE} arms beside bare Node and uptrace-node at once, and they take turns under load: ${WARMUP} requests as a warm-up, then ${REQUESTS} in ${SLICES} slices, as fast as they are answered on 32 connections, and for latency ${rate} requests a second for ${seconds} s. CPU is of the whole process, with the export of what was recorded, by the quickest quarter of the slices of all rounds. "over none" and "ratio" compare it with that of bare Node that took turns with it; in brackets the ratios of single rounds. "ours, of what it adds" is what uptrace-node adds beside it, as a part of what it adds. "delivered" is the part of the spans that arrived of the requests for CPU.`,
    ...sections,
    ...(missing.length > 0 ? [missing.join('\n')] : []),
  ].join('\n\n')
}

function describeApp(results: RequestResults, app: App, samples: Map<string, Beside[]>): string {
  const head = [
    'arm',
    'CPU µs a request',
    'over none',
    'ratio',
    'ours, of what it adds',
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
  const rows = [...samples].filter(([arm, taken]) => taken.length > 0 && results.recorded.get(app)!.has(arm))
  return table(
    head,
    rows.map(([arm, taken]) => {
      const own = taken.map((beside) => beside.own)
      const of = (pick: (sample: Sample) => number): number => median(own.map(pick))
      const sum = (pick: (sample: Sample) => number): number => own.reduce((total, each) => total + pick(each), 0)
      const { tally, requests } = results.recorded.get(app)!.get(arm)!
      const spans = tally.spans / requests
      const load = sum((each) => each.tally.spans)
      const bytes = sum((each) => each.tally.spanBytes)
      const answered = sum((each) => each.requests)
      const added = addedBy(taken, 'own')
      const isRival = ARMS[arm]!.packages.length > 0 && arm !== OURS
      return [
        ARMS[arm]!.title,
        cpuOf(taken, 'own').toFixed(0),
        arm === 'none' ? '' : signed(added),
        arm === 'none' ? '1' : describeRatio(taken),
        isRival && taken.every(({ ours }) => ours) ? (addedBy(taken, 'ours') / added).toFixed(2) : '',
        (of((each) => each.latency.p50Micros) / 1_000).toFixed(2),
        (of((each) => each.latency.p99Micros) / 1_000).toFixed(2),
        of((each) => each.rssMegabytes).toFixed(0),
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
