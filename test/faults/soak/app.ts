/** The program of the soak: makes spans, log records and data points at a steady rate with bursts, and measures what that costs its event loop. */
import { PerformanceObserver } from 'node:perf_hooks'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { type OtlpProtocol, SIGNALS, type Signal } from '../../../src/config/destination.ts'
import { startDelivery, totalOf } from '../../delivery/support.ts'

const [protocol, port, spool] = process.argv.slice(2) as [OtlpProtocol | 'none', string, string?]
const TURN_MILLIS = 20
const BURST = 400
/** Until then code is compiled, which is no work of delivery's. */
const WARM_UP_MILLIS = 8000

const url = `http://127.0.0.1:${port}`
const destination = (signal: Signal) => ({
  signal,
  url: protocol === 'grpc' ? url : `${url}/v1/${signal}`,
  label: url,
  headers: { 'uptrace-dsn': 'http://secret-token@localhost' },
  protocol: protocol as OtlpProtocol,
  compression: 'gzip' as const,
  // plain while all is well, and compressed where it waits, or where there is a folder for it
  isPlainAtOnce: true,
  timeoutMillis: 1000,
  tls: undefined,
})
const resource = resourceFromAttributes({ 'service.name': 'soak' })
const { delivery, tracer, logger } = startDelivery(protocol === 'none' ? [] : SIGNALS.map(destination), {
  bufferLimitBytes: 96 * 1024,
  spoolDirectory: spool,
  spoolLimitBytes: 256 * 1024 * 1024,
  resource,
})
let made = 0
let points = 0
let timer: NodeJS.Timeout | undefined = setTimeout(work, 0)
const turns = measureTurns()

process.on('message', async () => {
  clearTimeout(timer)
  timer = undefined
  const end = performance.now() + 90_000
  // what is on disk only comes back by and by, and does not hold a flush
  while (queued() > 0 && performance.now() < end) {
    await delivery.forceFlush({ timeoutMillis: 5000 })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { signals } = delivery.health()
  await delivery.shutdown({ timeoutMillis: 1000 })
  process.send!({ signals, turns: turns(), rss: Math.round(process.memoryUsage.rss() / 1e6) }, () => process.exit())
})

function queued(): number {
  return totalOf(Object.values(delivery.health().signals).map((counts) => counts.queued))
}

function work(): void {
  const burst = Math.random() < 0.005 ? BURST : 0
  for (let count = 0; count < 6 + burst; count++) {
    const id = made++
    tracer
      .startSpan(`span ${id}`, { attributes: { id, 'http.route': '/users/:id', 'http.response.status_code': 200 } })
      .end()
    if (count < 4) logger.emit({ body: `record ${id}`, severityNumber: 9, attributes: { id } })
  }
  if (made % 5 === 0) delivery.metricExporter?.export(somePoints(10), () => {})
  if (timer !== undefined) timer = setTimeout(work, TURN_MILLIS)
}

function somePoints(count: number): ResourceMetrics {
  const now: [number, number] = [Math.floor(Date.now() / 1000), 0]
  const metrics = Array.from({ length: count }, () => ({
    descriptor: { name: `point ${points++}`, description: '', unit: '1', valueType: 1 },
    aggregationTemporality: 1,
    dataPointType: DataPointType.GAUGE as const,
    dataPoints: [{ startTime: now, endTime: now, attributes: {}, value: 1 }],
  }))
  return { resource, scopeMetrics: [{ scope: { name: 'soak' }, metrics }] } as unknown as ResourceMetrics
}

/**
 * How long turns of the loop keep the main thread busy, besides collecting garbage. CPU time of the thread, not wall time: when the machine runs
 * others in between, that is not of our making.
 */
function measureTurns(): () => { max: number; p999: number; withGarbage: number } {
  const turns: Array<{ start: number; end: number; millis: number }> = []
  const collections: Array<{ start: number; millis: number }> = []
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) collections.push({ start: startTime, millis: duration })
  })
  observer.observe({ entryTypes: ['gc'] })
  const usage = (): number => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let [before, start] = [usage(), performance.now()]
  const tick = (): void => {
    const [now, end] = [usage(), performance.now()]
    if (end > WARM_UP_MILLIS) turns.push({ start, end, millis: now - before })
    ;[before, start] = [now, end]
    setTimeout(tick, 1).unref()
  }
  tick()
  return () => {
    const withGarbage = turns.reduce((most, { millis }) => Math.max(most, millis), 0)
    const own = turns
      .map((turn) => (turn.millis > 5 ? turn.millis - garbageIn(turn) : turn.millis))
      .sort((a, b) => a - b)
    return { max: own.at(-1) ?? 0, p999: own[Math.floor(own.length * 0.999)] ?? 0, withGarbage }
  }

  function garbageIn(turn: { start: number; end: number }): number {
    const within = collections.filter(({ start }) => start >= turn.start && start <= turn.end)
    return within.reduce((sum, { millis }) => sum + millis, 0)
  }
}
