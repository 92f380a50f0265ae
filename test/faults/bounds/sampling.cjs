// A service under `keep` at 1 %: some requests fail deep inside, some are slow, and some spans never end. On /stop it says what it measured of itself.
const { setTimeout: wait } = require('node:timers/promises')
const { configureOpentelemetry } = require('uptrace-node')
const { trace, SpanStatusCode } = require('@opentelemetry/api')

const telemetry = configureOpentelemetry({
  keep: { errors: true, slowerThanMillis: 100, ratio: 0.01, waitMillis: 2000 },
  spanMetrics: { names: ['load', 'query'] },
})
const http = require('node:http')
const tracer = trace.getTracer('shop')
let peakRss = 0
setInterval(() => (peakRss = Math.max(peakRss, process.memoryUsage.rss())), 50).unref()

const work = (name, inner, options = {}) =>
  tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await inner()
    } finally {
      span.end()
    }
  })

const heapBytes = () => {
  global.gc()
  global.gc()
  return process.memoryUsage().heapUsed
}

async function handle(url) {
  const kind = url.searchParams.get('kind')
  await work('load', async () => {
    await work('query', async () => {
      trace.getActiveSpan().setAttribute('request.id', url.searchParams.get('id'))
      if (kind === 'slow') await wait(130)
      else await undefined
      if (kind === 'error') trace.getActiveSpan().setStatus({ code: SpanStatusCode.ERROR, message: 'no row' })
    })
  })
}

/** A stream that nobody closes: what it did ends, and itself never does. */
function startEndless(count) {
  for (let index = 0; index < count; index++)
    work('endless', () => new Promise(() => tracer.startSpan('message').setAttribute('text', 'x'.repeat(500)).end()), {
      root: true,
    })
}

http
  .createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const url = new URL(request.url, 'http://host')
    if (url.pathname === '/heap') return void response.end(String(heapBytes()))
    if (url.pathname === '/endless')
      return void response.end(String(startEndless(Number(url.searchParams.get('count')))))
    if (url.pathname === '/stop') {
      const cpu = process.cpuUsage()
      await telemetry.forceFlush({ timeoutMillis: 30_000 })
      const health = telemetry.health()
      response.end(JSON.stringify({ health, peakRss, cpuMillis: (cpu.user + cpu.system) / 1000 }))
      await telemetry.shutdown()
      process.exit(0)
    }
    await handle(url)
    response.end('ok')
  })
  .listen(0, '127.0.0.1', function () {
    process.stdout.write(`port ${this.address().port}\n`)
  })
