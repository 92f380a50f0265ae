import * as Sentry from '@sentry/node'
import express from 'express'

const app = express()

app.get('/orders/:id', (request, response) => {
  Sentry.setUser({ id: 'ada' })
  Sentry.startSpan({ name: 'price', attributes: { order: request.params.id } }, () => {
    Sentry.captureException(new Error('no discount'))
    response.json({ id: request.params.id })
  })
})

Sentry.setupExpressErrorHandler(app)

const server = app.listen(process.env.PORT ?? 0, async () => {
  const url = `http://localhost:${server.address().port}/orders/7`
  if (process.env.PORT) return console.log(url)
  console.log(await (await fetch(url)).text())
  server.close()
})
