// A small service that asks itself, one route after the other as named by its arguments, and says when each answer was there.
import { createServer, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { logs } from '@opentelemetry/api-logs'

const tracer = trace.getTracer('app')
const [, , delay = '0', pause = '0', ...routes] = process.argv

const server = createServer(async (request, response) => {
  const repeats = request.url === '/n-plus-one' ? 6 : request.url === '/more' ? Number(process.env.QUERIES ?? 1) : 0
  for (let number = 0; number < repeats; number++) query(`SELECT name FROM items WHERE id = ${number}`)
  if (request.url === '/fails') fail(response)
  if (request.url === '/slow') await sleep(1100)
  if (request.url === '/steady') await sleep(Number(delay))
  logs.getLogger('app').emit({ body: `served ${request.url}`, severityNumber: 9 })
  response.end('done')
}).listen(0, async () => {
  for (const route of routes) {
    await new Promise((resolve) => {
      get({ port: server.address().port, path: route, agent: false }, (response) =>
        response.resume().on('end', resolve),
      )
    })
    console.log(`done ${route} ${Date.now()}`)
    await sleep(Number(pause))
  }
  server.close()
})

function query(statement) {
  tracer
    .startSpan('SELECT', {
      kind: SpanKind.CLIENT,
      attributes: { 'db.system.name': 'postgresql', 'db.query.text': statement },
    })
    .end()
}

function fail(response) {
  const span = tracer.startSpan('INSERT', {
    kind: SpanKind.CLIENT,
    attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'INSERT INTO itmes VALUES ($1)' },
  })
  span.recordException(new TypeError('relation "itmes" does not exist'))
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'relation "itmes" does not exist' })
  span.end()
  response.statusCode = 500
}
