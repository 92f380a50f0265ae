// The app to be bundled. Telemetry comes from outside: --import uptrace-node/register.

import { trace } from '@opentelemetry/api'
import express from 'express'
import { traceUrl } from 'uptrace-node'

const app = express()

app.get('/posts/:id', (request, response) => {
  console.log(traceUrl(trace.getActiveSpan()))
  response.json({ id: request.params.id })
})

const server = app.listen(Number(process.env.PORT ?? 0), async () => {
  const url = `http://localhost:${server.address().port}`
  if (process.env.PORT) return console.log(`${url}/posts/1`)
  await (await fetch(`${url}/posts/1`)).text()
  server.close()
})
