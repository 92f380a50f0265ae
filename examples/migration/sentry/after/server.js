import { trace } from '@opentelemetry/api'
import express from 'express'
import { reportError, traceUrl, withSpan } from 'uptrace-node'

const app = express()

app.get('/orders/:id', (request, response) => {
  trace.getActiveSpan()?.setAttributes({ 'user.id': 'ada' })
  withSpan('price', { attributes: { order: request.params.id } }, (span) => {
    console.log(traceUrl(span))
    reportError(new Error('no discount'))
    response.json({ id: request.params.id })
  })
})

const server = app.listen(process.env.PORT ?? 0, async () => {
  const url = `http://localhost:${server.address().port}/orders/7`
  if (process.env.PORT) return console.log(url)
  console.log(await (await fetch(url)).text())
  server.close()
})
