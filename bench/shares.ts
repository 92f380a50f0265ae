/** What this package adds to a request of each program, as a share of what the stock packages add for the same spans. `APPS=redis,pg node bench/shares.ts` */
import { pathToFileURL } from 'node:url'
import { ARMS, OURS } from './arms.ts'
import { prepareArm } from './arms-install.ts'
import { APPS, type App, findObstacle, measure, type Sample } from './program.ts'
import { meanOfQuietest, table } from './tables.ts'

export interface Share {
  readonly app: App
  /** CPU of a request, in microseconds. */
  readonly bare: number
  readonly ours: number
  readonly stock: number
  /** Of what is added. */
  readonly ratio: number
  /** Arriving spans a request: ours, and those of the stock packages. */
  readonly spans: readonly [number, number]
}

export const STOCK = 'opentelemetry-same'
const ARMS_OF_SHARES = ['none', OURS, STOCK] as const

export interface Effort {
  readonly warmup: number
  readonly slices: number
  readonly requests: number
}

/** In many short turns, so that the good and bad seconds of the machine meet all arms; of those rounds that were quiet for all of them. */
export async function measureShare(app: App, effort: Effort): Promise<Share> {
  for (const arm of ARMS_OF_SHARES) {
    const reason = prepareArm(arm)
    if (reason) throw new Error(`${arm} is not installed: ${reason}`)
  }
  const outcomes = await measure({ app, arms: ARMS_OF_SHARES, ...effort })
  const sampleOf = (arm: string): Sample => {
    const outcome = outcomes.get(arm)!
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  const turns = ARMS_OF_SHARES.map((arm) => sampleOf(arm).cpuMicros)
  const spansOf = (arm: string): number => sampleOf(arm).tally.spans / sampleOf(arm).requests
  const [bare, ours, stock] = meanOfQuietest(turns) as [number, number, number]
  const ratio = (ours - bare) / (stock - bare)
  return { app, bare, ours, stock, ratio, spans: [spansOf(OURS), spansOf(STOCK)] }
}

export function describeShares(shares: readonly Share[]): string {
  const rows = shares.map(({ app, bare, ours, stock, ratio, spans }) => [
    app,
    `${bare.toFixed(0)} µs`,
    `+${(ours - bare).toFixed(0)}`,
    `+${(stock - bare).toFixed(0)}`,
    ratio.toFixed(2),
    spans.map((count) => count.toFixed(1)).join(' / '),
  ])
  return table(['program', 'bare', 'ours adds', `${ARMS[STOCK]!.title} adds`, 'ratio', 'spans'], rows)
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
