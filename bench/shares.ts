/** What this package adds to a request of each program, as a share of what the stock packages add for the same spans. `APPS=redis,pg node bench/shares.ts` */
import { pathToFileURL } from 'node:url'
import { ARMS, OURS } from './arms.ts'
import { prepareArm } from './arms-install.ts'
import { APPS, type App, findObstacle, measure, sampleOf } from './program.ts'
import { meanOfQuickest, signed, table } from './tables.ts'

export interface Share {
  readonly app: App
  /** CPU of a request, in microseconds. */
  readonly bare: number
  readonly ours: number
  readonly stock: number
  /** Of what is added. */
  readonly ratio: number
  /** What another tracer of the field takes, where it is measured beside them. */
  readonly rival: number | undefined
  /** Arriving spans a request: ours, and those of the stock packages. */
  readonly spans: readonly [number, number]
}

export const STOCK = 'opentelemetry-same'
const RIVAL = 'datadog'
const ARMS_OF_SHARES = ['none', OURS, STOCK] as const

export interface Effort {
  readonly warmup: number
  readonly slices: number
  readonly requests: number
}

/** In many short turns, so that the good and bad seconds of the machine meet all arms; of each the quickest quarter. */
export async function measureShare(app: App, effort: Effort, rival?: string): Promise<Share> {
  const arms = rival === undefined ? ARMS_OF_SHARES : [...ARMS_OF_SHARES, rival]
  for (const arm of arms) {
    const reason = prepareArm(arm)
    if (reason) throw new Error(`${arm} is not installed: ${reason}`)
  }
  const outcomes = await measure({ app, arms, ...effort })
  const turns = arms.map((arm) => sampleOf(outcomes, arm).cpuMicros)
  const spansOf = (arm: string): number => sampleOf(outcomes, arm).tally.spans / sampleOf(outcomes, arm).requests
  const [bare, ours, stock, other] = turns.map(meanOfQuickest) as [number, number, number, number | undefined]
  const ratio = (ours - bare) / (stock - bare)
  return { app, bare, ours, stock, ratio, rival: other, spans: [spansOf(OURS), spansOf(STOCK)] }
}

export function describeShares(shares: readonly Share[]): string {
  const hasRival = shares.some(({ rival }) => rival !== undefined)
  const rows = shares.map(({ app, bare, ours, stock, ratio, rival, spans }) => [
    app,
    `${bare.toFixed(0)} µs`,
    signed(ours - bare),
    signed(stock - bare),
    ratio.toFixed(2),
    ...(hasRival ? describeRival(ours - bare, rival === undefined ? undefined : rival - bare) : []),
    spans.map((count) => count.toFixed(1)).join(' / '),
  ])
  const rivalHead = hasRival ? [`${ARMS[RIVAL]!.title} adds`, 'ratio'] : []
  return table(['program', 'bare', 'ours adds', `${ARMS[STOCK]!.title} adds`, 'ratio', ...rivalHead, 'spans'], rows)
}

const describeRival = (ours: number, rival: number | undefined): string[] =>
  rival === undefined ? ['', ''] : [signed(rival), (ours / rival).toFixed(2)]

/** Programs that use what services use, for the table on top of RESULTS.md. */
export const SHOWN: readonly App[] = [
  ...(['typical', 'express-pg', 'out', 'fetch', 'redis', 'pino', 'express'] as const),
  ...(['grpc', 'manual', 'metrics', 'unsampled'] as const),
]
/** It does not take what the API is told. */
const WITHOUT_RIVAL: ReadonlySet<App> = new Set(['manual', 'metrics'])

/** In turns of some hundred requests, what is measured is how fast each arm gets into its stride again after the others. */
const EFFORT: Effort = { warmup: 6_000, slices: 24, requests: 1_000 }

/** The table on top of RESULTS.md, in a few minutes. */
export async function measureShares(say: (line: string) => void): Promise<Share[]> {
  const wanted = process.env.APPS?.split(',') ?? SHOWN
  const shares: Share[] = []
  for (const app of SHOWN.filter((name) => wanted.includes(name))) {
    const obstacle = await findObstacle(app)
    if (obstacle) {
      say(`${app} is left out: ${obstacle}`)
      continue
    }
    shares.push(await measureShare(app, EFFORT, WITHOUT_RIVAL.has(app) ? undefined : RIVAL))
    say(describeShares(shares.slice(-1)).split('\n').at(-1)!)
  }
  return shares
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const wanted = process.env.APPS?.split(',') ?? APPS
  const slices = Number(process.env.SLICES ?? 40)
  const shares: Share[] = []
  for (const app of APPS.filter((name) => wanted.includes(name))) {
    const obstacle = await findObstacle(app)
    if (obstacle) throw new Error(`${app}: ${obstacle}`)
    shares.push(await measureShare(app, { warmup: 8_000, slices, requests: 500 }))
    console.error(describeShares(shares.slice(-1)).split('\n').at(-1))
  }
  console.log(describeShares(shares))
}
