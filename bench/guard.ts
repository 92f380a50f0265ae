/** The guard of CI: fails when an express request costs more than its share of what stock OpenTelemetry costs in the same run. */
import { ARMS, OURS } from './arms.ts'
import { prepareArm } from './arms-install.ts'
import { measureInstalls } from './install.ts'
import { measure, type Sample } from './program.ts'
import { startSink } from './sink.ts'

/** The one place of the limits. */
const LIMITS = {
  /** Added CPU a request, as a share of what the other arm adds. */
  cpuShare: { opentelemetry: 1 / 4, 'opentelemetry-same': 1 / 3 },
  /** Ratios of one run differ by about this much. */
  margin: 1.1,
  installMegabytes: 6,
  installPackages: 6,
}
/** Rounds are repeated until this has passed: the best of six or so. The first run also installs the arms. */
const BUDGET_SECONDS = 90
const STOCK = ['opentelemetry-same', 'opentelemetry'] as const
const MEASURED = ['none', OURS, ...STOCK] as const

const samples = new Map<string, Sample[]>(MEASURED.map((arm) => [arm, []]))
let hasFailed = false

await measureRounds()
for (const arm of STOCK) checkCpu(arm)
checkRecorded()
checkInstall()
process.exitCode = hasFailed ? 1 : 0

async function measureRounds(): Promise<void> {
  for (const arm of MEASURED) {
    const reason = prepareArm(arm)
    if (reason) throw new Error(`${arm} is not installed: ${reason}`)
  }
  const sink = await startSink()
  const end = performance.now() + BUDGET_SECONDS * 1_000
  try {
    while (performance.now() < end) {
      for (const arm of MEASURED) {
        const plan = { app: 'express', arm, sink, warmup: 10_000, requests: 15_000 } as const
        samples.get(arm)!.push(await measure(plan))
      }
    }
  } finally {
    sink.stop()
  }
}

function check(isGood: boolean, text: string): void {
  hasFailed ||= !isGood
  console.log(`${isGood ? 'ok  ' : 'FAIL'} ${text}`)
}

function checkCpu(arm: (typeof STOCK)[number]): void {
  const ours = leastAdded(OURS)
  const stock = leastAdded(arm)
  const limit = LIMITS.cpuShare[arm] * LIMITS.margin
  const share = ours / stock
  const figures = `+${ours.toFixed(0)} µs against +${stock.toFixed(0)} µs a request`
  check(
    stock > 0 && share <= limit,
    `cpu: ${share.toFixed(2)} of ${ARMS[arm]!.title} (limit ${limit.toFixed(2)}; ${figures})`,
  )
}

/** By the best round of each: what a busy machine adds is never less than nothing. */
function leastAdded(arm: string): number {
  const least = (name: string): number => Math.min(...samples.get(name)!.map(({ cpuMicros }) => cpuMicros))
  return least(arm) - least('none')
}

function checkRecorded(): void {
  const spansOf = (arm: string): number =>
    samples.get(arm)!.reduce((sum, { tally, requests }) => sum + tally.spans / requests, 0) / samples.get(arm)!.length
  const [ours, stock] = [spansOf(OURS), spansOf('opentelemetry-same')]
  check(ours > 0 && ours >= stock - 0.01, `spans: ${ours.toFixed(2)} a request arrive, stock's ${stock.toFixed(2)}`)
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
