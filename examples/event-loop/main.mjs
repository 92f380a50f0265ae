// One request holds up the event loop, another one waits for it: which code was it?
//   npx uptrace-node dev --profile examples/event-loop/main.mjs
// then `npx uptrace-node insights` names function, file and line; the page of a span has the flame of what ran while it was open.
import http from 'node:http'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'event-loop', serviceVersion: '1.0.0' })

const rows = JSON.stringify(Array.from({ length: 50_000 }, (_, index) => ({ index, name: `row ${index}` })))

/** Synchronous work of 200 ms. */
function report() {
  const until = Date.now() + 200
  let count = 0
  while (Date.now() < until) count += JSON.parse(rows).length
  return count
}

const server = http.createServer(async (request, response) => {
  if (request.url === '/report') return response.end(String(report()))
  await new Promise((resolve) => setTimeout(resolve, 50)) // asks a database, say
  response.end('an order')
})
await new Promise((resolve) => server.listen(0, resolve))
const ask = async (path) => (await fetch(`http://localhost:${server.address().port}${path}`)).text()

await ask('/order')
// begun outside of the span below: a trace of its own
const reported = new Promise((resolve) => setTimeout(resolve, 20)).then(() => ask('/report'))
await withSpan('an order while a report is made', async (span) => {
  await ask('/order')
  console.log(traceUrl(span))
})
await reported
server.close()
server.closeAllConnections()
await shutdown()
