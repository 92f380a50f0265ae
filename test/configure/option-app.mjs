/** Uses one of everything with the options of one case, and prints what an observer inside the process sees; the back end sees the rest. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import * as api from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'

const require = createRequire(import.meta.url)
const { createOptions } = await import(process.env.UPTRACE_TEST_CASES)
const seen = []
const options = createOptions(process.env.UPTRACE_TEST_CASE, { seen, require, AsyncLocalStorage, api })
const early = api.trace.getTracer('early')
const telemetry = configureOpentelemetry({ ...JSON.parse(process.env.UPTRACE_TEST_BASE), ...options })

const { default: http } = await import('node:http')
const { default: express } = await import('express')
const { default: pino } = await import('pino')
require('node:fs').existsSync('/')
const lines = []
const logger = pino({ base: undefined }, { write: (line) => lines.push(JSON.parse(line)) })
const app = express()
app.use((_request, _response, next) => next())
app.get('/users/:id', (request, response) => response.json({ id: request.params.id }))
app.get('/health', (_request, response) => response.end())
app.get('/secret', (_request, response) => response.end())
const server = app.listen(0)
const base = `http://127.0.0.1:${server.address().port}`
const get = (path) =>
  new Promise((resolve) =>
    http.get(base + path, (response) => response.resume().on('end', () => resolve(response.headers))),
  )

let headers
await early.startActiveSpan('work', { attributes: { a: 'x'.repeat(50), b: 1, c: 2 } }, async (span) => {
  logger.info('a line')
  api.logs.getLogger('l').emit({ body: 'debug', severityNumber: 5, attributes: { long: 'y'.repeat(50) } })
  const baggage = api.propagation.createBaggage({ user: { value: 'u1' } })
  await api.context.with(api.propagation.setBaggage(api.context.active(), baggage), async () => {
    api.trace.getTracer('t').startSpan('with baggage').end()
    headers = await get('/users/7')
    await get('/health')
    await get('/secret')
    await (await fetch(`${base}/users/8`)).text()
  })
  span.end()
})
api.metrics.getMeter('m').createHistogram('h').record(5)
api.metrics.getMeter('m').createCounter('c').add(5)
const carrier = {}
api.propagation.inject(api.trace.setSpan(api.context.active(), early.startSpan('carried')), carrier)
server.close()
server.closeAllConnections()
await new Promise((resolve) => setTimeout(resolve, 150))
const diagnostics = telemetry.diagnostics()
const link = traceUrl({ spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }) })
await shutdown()
const shape = (value) => Object.keys(value).sort()
console.log(
  `SEEN ${JSON.stringify({
    enabled: telemetry.enabled,
    host: new URL(link || 'http://none').hostname,
    seen: [...new Set(seen)].sort(),
    lines: lines.map((line) => shape(line)),
    headers: shape(headers).filter((name) => /trace|timing/.test(name)),
    carrier: shape(carrier),
    active: diagnostics?.active,
  })}`,
)
