/** What options change of the cost of a request: the same programs with the defaults and with one option. `APPS=express node bench/options.ts` */
import { ARMS, OURS } from './arms.ts'
import { prepareArm } from './arms-install.ts'
import { type App, findObstacle, measure, sampleOf } from './program.ts'
import { meanOfQuickest, signed, table } from './tables.ts'

const VARIANTS = Object.keys(ARMS).filter((name) => ARMS[name]!.isVariant)
const PLAN = { warmup: 8_000, slices: 20, requests: 1_500 } as const
const apps = (process.env.APPS?.split(',') ?? ['express', 'typical']) as App[]

const reason = prepareArm(OURS)
if (reason) throw new Error(`${OURS} is not installed: ${reason}`)
const rows: string[][] = []
for (const app of apps) {
  const obstacle = await findObstacle(app)
  if (obstacle) throw new Error(`${app}: ${obstacle}`)
  const outcomes = await measure({ app, arms: ['none', OURS, ...VARIANTS], ...PLAN })
  const bare = meanOfQuickest(sampleOf(outcomes, 'none').cpuMicros)
  const addedBy = (arm: string): number => meanOfQuickest(sampleOf(outcomes, arm).cpuMicros) - bare
  for (const arm of [OURS, ...VARIANTS]) {
    const { tally, requests } = sampleOf(outcomes, arm)
    const title = arm === OURS ? 'the defaults' : ARMS[arm]!.title
    const share = (addedBy(arm) / addedBy(OURS)).toFixed(2)
    rows.push([app, title, signed(addedBy(arm), 1), share, (tally.spans / requests).toFixed(2)])
  }
}
console.log(table(['program', 'options', 'added µs', 'of the defaults', 'spans a request that arrived'], rows))
