// A shop: one route asks the database once per row (N+1), one asks once and caches, one fails. The lines of its log carry the trace.

import { trace } from '@opentelemetry/api'
import express from 'express'
import pino from 'pino'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'
import { closeStores, openStores, pool, redis } from './stores.mjs'

// the header `baggage: customer=ada` of a request puts `customer` on every span and log record of it
configureOpentelemetry({ serviceName: 'shop', baggageKeys: ['customer'] })

const log = pino({ base: undefined, timestamp: false })
const app = express()

app.use((request, _response, next) => {
  log.info({ trace: traceUrl(trace.getActiveSpan()) }, `${request.method} ${request.path}`)
  next()
})

app.get('/n-plus-one', async (_request, response) => {
  const { rows: customers } = await pool.query('SELECT id, name FROM example_customers ORDER BY id')
  for (const customer of customers) {
    const { rows } = await pool.query('SELECT sum(cents)::int AS cents FROM example_orders WHERE customer_id = $1', [
      customer.id,
    ])
    customer.cents = rows[0].cents
  }
  response.json(customers)
})

app.get('/joined', async (_request, response) => {
  const cached = await redis.get('customers')
  if (cached) return response.type('json').send(cached)
  const { rows } = await pool.query(
    'SELECT c.id, name, sum(cents)::int AS cents FROM example_customers c JOIN example_orders ON customer_id = c.id GROUP BY c.id ORDER BY c.id',
  )
  await redis.setex('customers', 10, JSON.stringify(rows))
  response.json(rows)
})

app.get('/fails', async (_request, response) => {
  response.json(await pool.query('SELECT * FROM example_misspelt'))
})

app.use((err, _request, response, _next) => {
  log.error({ err }, 'request failed')
  response.status(500).json({ error: err.message })
})

await openStores()
const server = app.listen(Number(process.env.PORT ?? 0), async () => {
  const url = `http://localhost:${server.address().port}`
  if (process.env.PORT) return console.log(`${url} has /n-plus-one, /joined and /fails; npm run load sends requests`)
  for (const route of ['/n-plus-one', '/joined', '/joined', '/fails'])
    await (await fetch(url + route, { headers: { baggage: 'customer=ada' } })).text()
  server.close(() => closeStores().then(shutdown))
})
