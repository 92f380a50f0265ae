// The app to be bundled, libraries and all. Telemetry comes from outside: --import uptrace-node/register.

import { trace } from '@opentelemetry/api'
import express from 'express'
import pino from 'pino'
import { traceUrl } from 'uptrace-node'

const logger = pino()
const app = express()

app.get('/posts/:id', (request, response) => {
  logger.info({ id: request.params.id }, 'a post is read')
  console.log(traceUrl(trace.getActiveSpan()))
  response.json({ id: request.params.id })
})

const server = app.listen(Number(process.env.PORT ?? 0), async () => {
  const url = `http://localhost:${server.address().port}`
  if (process.env.PORT) return console.log(`${url}/posts/1`)
  await (await fetch(`${url}/posts/1`)).text()
  server.close()
})
