import { trace } from '@opentelemetry/api'
import express from 'express'

const app = express()
const tracer = trace.getTracer('shop')

app.get('/orders/:id', (request, response) => {
  tracer.startActiveSpan('price', (span) => {
    span.recordException(new Error('no discount'))
    console.log(span.spanContext().traceId)
    span.end()
    response.json({ id: request.params.id })
  })
})

const server = app.listen(process.env.PORT ?? 0, async () => {
  const url = `http://localhost:${server.address().port}/orders/7`
  if (process.env.PORT) return console.log(url)
  console.log(await (await fetch(url)).text())
  server.close()
})
