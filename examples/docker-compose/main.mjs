// A web app for Docker Compose, beside Jaeger; without Docker: node examples/docker-compose/main.mjs

import { createServer } from 'node:http'
import { trace } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'compose-example' })

const server = createServer(async (_request, response) => {
  console.log(traceUrl(trace.getActiveSpan()))
  await withSpan('work', () => new Promise((resolve) => setTimeout(resolve, 5)))
  response.end('ok\n')
})

server.listen(Number(process.env.PORT ?? 0), async () => {
  const url = `http://localhost:${server.address().port}/`
  if (process.env.PORT) return console.log(`listens at ${url}`)
  await (await fetch(url)).text()
  server.close(() => shutdown())
})
