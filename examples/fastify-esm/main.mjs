// A fastify app in ESM. Fastify maintains its instrumentation itself: hand it over, and the request's span gets the route.

import { FastifyOtelInstrumentation } from '@fastify/otel'
import { trace } from '@opentelemetry/api'
import fastify from 'fastify'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'

configureOpentelemetry({
  serviceName: 'fastify-example',
  instrumentations: { add: [new FastifyOtelInstrumentation({ registerOnInitialization: true })] },
})

const app = fastify()

app.get('/posts/:id', async (request) => {
  console.log(traceUrl(trace.getActiveSpan()))
  return { id: request.params.id }
})

app.get('/fails', async () => {
  console.log(traceUrl(trace.getActiveSpan()))
  throw new Error('this route always fails')
})

const url = await app.listen({ port: Number(process.env.PORT ?? 0) })
if (process.env.PORT) {
  console.log(`${url}/posts/1`)
} else {
  await (await fetch(`${url}/posts/1`)).text()
  await (await fetch(`${url}/fails`)).text()
  await app.close()
  await shutdown()
}
