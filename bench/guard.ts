/** The guard of CI: fails when a request, a span on the wire or the install costs more than it may, and when a program cannot be measured. */
import { ARMS, OURS } from './arms.ts'
import { prepareArm } from './arms-install.ts'
import { type EncodeResults, measureEncoding } from './encode.ts'
import { measureInstalls } from './install.ts'
import { type App, findObstacle, measure, type Sample, sampleOf } from './program.ts'
import { measureShare, type Share } from './shares.ts'
import { meanOfQuickest } from './tables.ts'

/** The one place of the limits. */
const LIMITS = {
  /** Added CPU a request, as a share of what the other arm adds. */
  cpuShare: { opentelemetry: 1 / 4, 'opentelemetry-same': 1 / 3 },
  /** The same of programs that use libraries, against the stock packages with the same spans. */
  programs: { typical: 0.45, 'express-pg': 0.42, redis: 0.38, out: 0.32, pino: 0.45 },
  /** Ratios of one run differ by about this much. */
  margin: 1.1,
  wireBytesPerSpan: 40,
  /** Encode and compress: whichever is reached first. */
  encodeMicros: 1.5,
  encodeShare: 1 / 3,
  installMegabytes: 6.5,
  installPackages: 6,
}
/** In so many turns of the arms that the good and bad seconds of the machine meet all of them. */
const SLICES = 40
const REQUESTS = 1_000
const STOCK = ['opentelemetry-same', 'opentelemetry'] as const
const SQUEEZED = 'gzip'
const MEASURED = ['none', OURS, ...STOCK] as const

/** Less for each of several programs. */
const EFFORT = { warmup: 4_000, slices: 16, requests: 800 }
/** A busy machine lifts a share for a minute; what a change costs is there in each attempt. */
const ATTEMPTS = 3

const samples = await measureArmsWell()
let hasFailed = false

for (const arm of STOCK) checkCpu(arm)
await checkPrograms()
checkRecorded()
await checkWire()
checkEncoding(await measureEncoding())
checkInstall()
process.exitCode = hasFailed ? 1 : 0

/** The first of a few attempts in which the shares are within their limits, else the last. */
async function measureArmsWell(): Promise<Map<string, Sample>> {
  let measured = await measureArms()
  for (let attempt = 1; attempt < ATTEMPTS && !STOCK.every((arm) => shareOf(measured, arm) <= limitOf(arm)); attempt++)
    measured = await measureArms()
  return measured
}

function limitOf(arm: (typeof STOCK)[number]): number {
  return LIMITS.cpuShare[arm] * LIMITS.margin
}

function shareOf(measured: ReadonlyMap<string, Sample>, arm: string): number {
  return added(measured, OURS) / added(measured, arm)
}

/** What a request of Express costs more than under bare Node. */
function added(measured: ReadonlyMap<string, Sample>, arm: string): number {
  const [own, bare] = [arm, 'none'].map((name) => meanOfQuickest(measured.get(name)!.cpuMicros))
  return own! - bare!
}

async function measureArms(): Promise<Map<string, Sample>> {
  for (const arm of MEASURED) {
    const reason = prepareArm(arm)
    if (reason) throw new Error(`${arm} is not installed: ${reason}`)
  }
  const measured = new Map<string, Sample>()
  const plan = { app: 'express', arms: MEASURED, warmup: 15_000, slices: SLICES, requests: REQUESTS } as const
  for (const [arm, outcome] of await measure(plan)) {
    if (outcome instanceof Error) throw outcome
    measured.set(arm, outcome)
  }
  return measured
}

function check(isGood: boolean, text: string): void {
  hasFailed ||= !isGood
  console.log(`${isGood ? 'ok  ' : 'FAIL'} ${text}`)
}

function checkCpu(arm: (typeof STOCK)[number]): void {
  const [ours, stock] = [added(samples, OURS), added(samples, arm)]
  const limit = limitOf(arm)
  const share = shareOf(samples, arm)
  const figures = `+${ours.toFixed(0)} µs against +${stock.toFixed(0)} µs a request`
  check(
    stock > 0 && share <= limit,
    `cpu: ${share.toFixed(2)} of ${ARMS[arm]!.title} (limit ${limit.toFixed(2)}; ${figures})`,
  )
}

async function checkPrograms(): Promise<void> {
  for (const [name, limit] of Object.entries(LIMITS.programs)) {
    const app = name as App
    const obstacle = await findObstacle(app)
    if (obstacle) check(false, `${app}: not measured: ${obstacle}`)
    else await checkProgram(app, limit * LIMITS.margin)
  }
}

/** The least of a few attempts, of which the first good one is the last. */
async function checkProgram(app: App, limit: number): Promise<void> {
  let best: Share | undefined
  let attempts = 0
  while (attempts < ATTEMPTS && !(best !== undefined && isWithin(best, limit))) {
    const share = await measureShare(app, EFFORT)
    attempts++
    if (best === undefined || isWithin(share, limit) || share.ratio < best.ratio) best = share
  }
  const { bare, ours, stock, ratio, spans } = best!
  const figures = `+${(ours - bare).toFixed(0)} µs against +${(stock - bare).toFixed(0)} µs a request`
  check(
    isWithin(best!, limit),
    `${app}: ${ratio.toFixed(2)} of stock (limit ${limit.toFixed(2)}; ${figures}, ${spans[0].toFixed(1)} spans; attempt ${attempts})`,
  )
}

/** No program takes less with us than without: where it seems so, nothing was measured. */
function isWithin({ bare, ours, stock, ratio, spans }: Share, limit: number): boolean {
  return ours > bare && stock > bare && ratio <= limit && spans[0] >= spans[1] - 0.02
}

function checkRecorded(): void {
  const spansOf = (arm: string): number => samples.get(arm)!.tally.spans / samples.get(arm)!.requests
  const [ours, stock] = [spansOf(OURS), spansOf('opentelemetry-same')]
  check(ours > 0 && ours >= stock - 0.01, `spans: ${ours.toFixed(2)} a request arrive, stock's ${stock.toFixed(2)}`)
}

/** As to another machine: what stays on this one is not compressed. */
async function checkWire(): Promise<void> {
  const outcomes = await measure({ app: 'express', arms: [SQUEEZED], warmup: 2_000, slices: 4, requests: REQUESTS })
  const { spans, spanBytes } = sampleOf(outcomes, SQUEEZED).tally
  const bytes = spanBytes / spans
  check(bytes <= LIMITS.wireBytesPerSpan, `wire: ${bytes.toFixed(1)} bytes a span (limit ${LIMITS.wireBytesPerSpan})`)
}

function checkEncoding({ ours, stock }: EncodeResults): void {
  const share = ours.micros / stock.micros
  const { encodeMicros, encodeShare, margin } = LIMITS
  check(
    ours.micros <= encodeMicros || share <= encodeShare * margin,
    `encode and compress: ${ours.micros.toFixed(2)} µs a span, ${share.toFixed(2)} of stock's (limits ${encodeMicros} µs or ${(encodeShare * margin).toFixed(2)})`,
  )
}

function checkInstall(): void {
  const footprint = measureInstalls(() => undefined, [OURS]).get(OURS)!
  if (typeof footprint === 'string') {
    check(false, `install: ${footprint}`)
    return
  }
  const { diskMegabytes, packages } = footprint
  check(
    diskMegabytes <= LIMITS.installMegabytes && packages <= LIMITS.installPackages,
    `install: ${diskMegabytes.toFixed(1)} MB on disk, ${packages} packages (limits ${LIMITS.installMegabytes} MB, ${LIMITS.installPackages})`,
  )
}
