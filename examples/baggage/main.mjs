// Baggage goes with every request, is put on spans where it is named, and the response tells the caller its trace.

import { createServer } from 'node:http'
import { context, propagation, trace } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({
  serviceName: 'baggage-example',
  // nothing of what callers send becomes an attribute unless it is named here
  baggageKeys: ['tenant'],
  responseHeaders: ['traceresponse', 'server-timing'],
})

const server = createServer((request, response) => {
  console.log('baggage:', request.headers.baggage)
  console.log(traceUrl(trace.getActiveSpan()))
  response.end('ok')
}).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))

const baggage = propagation.createBaggage({ tenant: { value: 'acme' }, secret: { value: 'not an attribute' } })
await context.with(propagation.setBaggage(context.active(), baggage), () =>
  withSpan('checkout', async () => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}/cart`)
    await response.text()
    for (const name of ['traceresponse', 'server-timing']) console.log(`${name}:`, response.headers.get(name))
  }),
)

server.close()
await shutdown()
