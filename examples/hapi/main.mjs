// A hapi server: the request's span is named after the route, the handler has a span of its own.

import hapi from '@hapi/hapi'
import { trace } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'hapi-example' })

const server = hapi.server({ host: 'localhost', port: Number(process.env.PORT ?? 0), debug: false })

server.route({
  method: 'GET',
  path: '/posts/{id}',
  handler: (request) => {
    console.log(traceUrl(trace.getActiveSpan()))
    return { id: request.params.id }
  },
})

server.route({
  method: 'GET',
  path: '/fails',
  handler: () => {
    console.log(traceUrl(trace.getActiveSpan()))
    throw new Error('this route always fails')
  },
})

await server.start()
if (process.env.PORT) {
  console.log(`${server.info.uri}/posts/1`)
} else {
  await (await fetch(`${server.info.uri}/posts/1`)).text()
  await (await fetch(`${server.info.uri}/fails`)).text()
  await server.stop()
  await shutdown()
}
