// Does what an application may do for ever, with a back end that is down, and tells what stays of it in the heap.
const api = require('@opentelemetry/api')
const { configureOpentelemetry, shutdown } = require('uptrace-node')

const options = {
  endpoint: process.env.URL,
  logLevel: 'none',
  runtimeMetrics: false,
  metricExportIntervalMillis: 3_600_000,
  delivery: { exitFlush: false },
}
const results = []
const turn = (millis = 20) => new Promise((resolve) => setTimeout(resolve, millis))
/** A delivery that has been shut down is held for some seconds by what it waited for. */
const settle = async () => {
  for (let index = 0; index < 40; index++) {
    await turn(150)
    global.gc()
  }
}

async function measure(what, limit, warmUp, run) {
  await warmUp()
  await settle()
  const before = process.memoryUsage().heapUsed
  await run()
  await settle()
  results.push({ what, limit, megabytes: (process.memoryUsage().heapUsed - before) / 1e6 })
}

async function cycles(count) {
  for (let index = 0; index < count; index++) {
    configureOpentelemetry({ ...options, metricsEnabled: true })
    api.trace.getTracer('t').startSpan('s').end()
    api.metrics.getMeter('m').createCounter('c').add(1)
    await shutdown({ timeoutMillis: 0 })
  }
}

const instruments = (count, isOn) => async () => {
  const early = api.metrics.getMeter('app')
  for (let index = 0; index < count; index++) {
    early.createCounter('requests').add(1)
    api.metrics.getMeter('app').createHistogram('duration').record(index)
    if (isOn && index % 100_000 === 0) await turn()
  }
}

async function spans(count) {
  const tracer = api.trace.getTracer('t')
  for (let index = 0; index < count; index++) {
    tracer.startSpan(`span ${index}`, { attributes: { index, text: 'x'.repeat(100) } })
    if (index % 10_000 === 0) await turn()
  }
}

async function attributeSets(count) {
  const meter = api.metrics.getMeter('sets')
  const [counter, histogram] = [meter.createCounter('sets'), meter.createHistogram('sets.duration')]
  for (let index = 0; index < count; index++) {
    counter.add(1, { user: `user ${index}` })
    histogram.record(index, { user: `user ${index}` })
  }
}

async function main() {
  await measure(
    '1,000,000 creations of an instrument, telemetry off',
    1,
    instruments(1_000, false),
    instruments(1_000_000, false),
  )
  await measure(
    '2,000 cycles of configure and shutdown',
    4,
    () => cycles(500),
    () => cycles(2_000),
  )
  configureOpentelemetry(options)
  await measure(
    '1,000,000 creations of an instrument, telemetry on',
    1,
    instruments(1_000, true),
    instruments(1_000_000, true),
  )
  await measure(
    '100,000 spans that are never ended',
    1,
    () => spans(1_000),
    () => spans(100_000),
  )
  await measure(
    '100,000 attribute sets of a counter and a histogram',
    10,
    () => attributeSets(100),
    () => attributeSets(100_000),
  )
  console.log(JSON.stringify(results))
  process.exit()
}
main()
