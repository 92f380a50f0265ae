// An express app in ESM, imports first as usual: requests, routes and errors are traced without more ado.

import { trace } from '@opentelemetry/api'
import express from 'express'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'express-example' })

const app = express()

app.get('/posts/:id', (request, response) => {
  console.log(traceUrl(trace.getActiveSpan()))
  response.json({ id: request.params.id })
})

app.get('/fails', () => {
  console.log(traceUrl(trace.getActiveSpan()))
  throw new Error('this route always fails')
})

// express calls it with four parameters; without it the error would be printed
app.use((error, _request, response, _next) => response.status(500).json({ error: error.message }))

const server = app.listen(Number(process.env.PORT ?? 0), async () => {
  const url = `http://localhost:${server.address().port}`
  if (process.env.PORT) return console.log(`${url}/posts/1`)
  await (await fetch(`${url}/posts/1`)).text()
  await (await fetch(`${url}/fails`)).text()
  server.close(() => shutdown())
})
