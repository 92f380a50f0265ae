const express = require('express')
const tracer = require('./tracer.js')

const app = express()

app.get('/orders/:id', (request, response) => {
  tracer.scope().active()?.setTag('user.id', 'ada')
  tracer.trace('price', { tags: { order: request.params.id } }, (span) => {
    span.setTag('error', new Error('no discount'))
    response.json({ id: request.params.id })
  })
})

const server = app.listen(process.env.PORT ?? 0, async () => {
  const url = `http://localhost:${server.address().port}/orders/7`
  if (process.env.PORT) return console.log(url)
  console.log(await (await fetch(url)).text())
  server.close()
})
