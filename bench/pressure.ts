/** Services under pressure, beside bare Node: 20,000 spans a second for a minute, a back end that is slow, and 1 % sampling at full load. `npm run bench:pressure` */
import { setTimeout as sleep } from 'node:timers/promises'
import { ARMS, OURS } from './arms.ts'
import { prepareArm } from './arms-install.ts'
import { type LoadResult, startLoadGenerator } from './load.ts'
import { type App, startProgram, type Usage } from './program.ts'
import { startSink } from './sink.ts'
import type { Tally } from './sink-tally.ts'
import { table } from './tables.ts'

const SECONDS = Number(process.env.SECONDS ?? 60)
const COMPARED = (process.env.ARMS ?? `none,${OURS},opentelemetry-same`).split(',')
const WARMUP = 20_000
const CONNECTIONS = 64
/** The program with express makes two spans a request. */
const RATE = 10_000
/** As many as the machine gives, in so many requests a second of `SECONDS`. */
const FULL_LOAD = 12_000
const SAMPLED = '0.01'
const SLOW_MILLIS = 2_000

interface Scenario {
  readonly title: string
  readonly app: App
  readonly rate: number | undefined
  readonly sinkDelayMillis: number
  readonly environment: Readonly<Record<string, string>>
}

const SCENARIOS: readonly Scenario[] = [
  {
    title: `${RATE.toLocaleString('en')} requests a second for ${SECONDS} s, ${(2 * RATE).toLocaleString('en')} spans a second`,
    app: 'express',
    rate: RATE,
    sinkDelayMillis: 0,
    environment: {},
  },
  {
    title: `the same with a back end that takes ${SLOW_MILLIS / 1_000} s for each answer`,
    app: 'express',
    rate: RATE,
    sinkDelayMillis: SLOW_MILLIS,
    environment: {},
  },
  {
    title: `full load on plain \`node:http\`, 1 % of traces sampled`,
    app: 'http',
    rate: undefined,
    sinkDelayMillis: 0,
    environment: { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: SAMPLED },
  },
]

interface Outcome {
  readonly load: LoadResult
  readonly requests: number
  readonly used: Usage
  readonly heapPeak: number
  readonly tally: Tally
}

for (const arm of COMPARED) {
  const reason = prepareArm(arm)
  if (reason) throw new Error(`${arm} is not installed: ${reason}`)
}
for (const scenario of SCENARIOS) {
  const outcomes = new Map<string, Outcome>()
  for (const arm of COMPARED) outcomes.set(arm, await run(scenario, arm))
  console.log(`### ${scenario.title}\n\n${describe(outcomes)}\n`)
}

async function run({ app, rate, sinkDelayMillis, environment }: Scenario, arm: string): Promise<Outcome> {
  const sink = await startSink(sinkDelayMillis)
  const generator = startLoadGenerator()
  const program = await startProgram(app, arm, sink.port, [], { ...environment, BENCH_GC: 'true' })
  try {
    const own = { port: program.port, connections: CONNECTIONS }
    await generator.apply({ ...own, requests: WARMUP })
    await sleep(sinkDelayMillis + 1_000)
    await sink.take()
    const requests = SECONDS * (rate ?? FULL_LOAD)
    const before = await program.usage()
    let isOver = false
    const loading = generator.apply({ ...own, requests, ...(rate && { rate }), limitSeconds: SECONDS * 3 })
    void loading.finally(() => {
      isOver = true
    })
    let heapPeak = 0
    while (!isOver) {
      await Promise.race([sleep(1_000), loading.catch(() => undefined)])
      heapPeak = Math.max(heapPeak, (await program.usage()).heapUsed)
    }
    const load = await loading
    await sleep(2 * sinkDelayMillis + 3_000)
    const after = await program.usage()
    const used: Usage = {
      ...after,
      cpuMicros: after.cpuMicros - before.cpuMicros,
      gcMillis: after.gcMillis - before.gcMillis,
    }
    if (load.failed > 0) throw new Error(`${arm}, ${app}: ${load.failed} requests failed`)
    return { load, requests, used, heapPeak, tally: await sink.take() }
  } finally {
    generator.stop()
    sink.stop()
    await program.stop()
  }
}

function describe(outcomes: ReadonlyMap<string, Outcome>): string {
  const head = [
    ...['arm', 'requests a second', 'p50 ms', 'p99 ms', 'CPU µs a request', 'in collections, ms a second'],
    ...['heap peak MB', 'RSS MB at the end', 'spans a request'],
  ]
  const rows = [...outcomes].map(([arm, { load, requests, used, heapPeak, tally }]) => [
    ARMS[arm]!.title,
    (requests / load.seconds).toFixed(0),
    (load.p50Micros / 1_000).toFixed(2),
    (load.p99Micros / 1_000).toFixed(2),
    (used.cpuMicros / requests).toFixed(0),
    (used.gcMillis / load.seconds).toFixed(1),
    (heapPeak / 1e6).toFixed(0),
    (used.rss / 1e6).toFixed(0),
    (tally.spans / requests).toFixed(2),
  ])
  return table(head, rows)
}
