// Starts with what earlier processes have left, and measures how long turns of the event loop keep the main thread busy.
const { monitorEventLoopDelay } = require('node:perf_hooks')
const { configureOpentelemetry, shutdown, withSpan } = require('uptrace-node')

const { URL, SPOOL, STATE } = process.env
const cpuMillis = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
const WATCH_MILLIS = 10_000
const delay = monitorEventLoopDelay({ resolution: 1 })
const longest = { cpu: 0, timer: 0 }
const options = {
  endpoint: URL,
  serviceName: 'bounds',
  runtimeMetrics: false,
  metricsEnabled: false,
  logLevel: 'none',
  delivery: { exitTimeoutMillis: 100 },
}
let telemetry
let last
let timer

async function start() {
  // code that any start loads is no work of the spool's
  configureOpentelemetry(options)
  withSpan('first', () => {})
  await shutdown({ timeoutMillis: 1_000 })
  telemetry = configureOpentelemetry({
    ...options,
    ...(SPOOL !== '' && { delivery: { ...options.delivery, spoolDirectory: SPOOL, spoolLimitBytes: 1024 ** 3 } }),
  })
  await new Promise(setImmediate)
  delay.enable()
  last = { cpu: cpuMillis(), clock: performance.now() }
  timer = setInterval(() => {
    const now = { cpu: cpuMillis(), clock: performance.now() }
    longest.cpu = Math.max(longest.cpu, now.cpu - last.cpu)
    longest.timer = Math.max(longest.timer, now.clock - last.clock)
    last = now
  }, 1)
  withSpan('new', () => {})
  setTimeout(end, WATCH_MILLIS)
}

function end() {
  clearInterval(timer)
  delay.disable()
  const { delivered, replayed } = telemetry.health().signals.traces
  const found = STATE === 'up' ? Math.min(delivered, replayed) : 0
  shutdown({ timeoutMillis: 10 }).then(() => {
    console.log(JSON.stringify({ ...longest, delay: delay.max / 1e6, found }))
    process.exit()
  })
}

start()
