const { trace } = require('@opentelemetry/api')
const express = require('express')
const otel = require('./otel.js')

const app = express()
const tracer = trace.getTracer('shop')

app.get('/orders/:id', (request, response) => {
  tracer.startActiveSpan('price', (span) => {
    console.log(otel.traceUrl(span))
    otel.reportException(new Error('no discount'), { order: request.params.id })
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
