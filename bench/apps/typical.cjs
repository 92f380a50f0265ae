/** A service as many are: Express, a cache, a query, a request to another service, one line in the log. */
const express = require('express')
const { Redis } = require('ioredis')
const { Pool } = require('pg')
const pino = require('pino')
const { listening } = require('./report.cjs')
const { startTarget } = require('./target.cjs')

const pool = new Pool({ connectionString: process.env.BENCH_POSTGRES_URL, max: 8 })
const redis = new Redis(process.env.BENCH_REDIS_URL)
const log = pino(pino.destination({ dest: '/dev/null', sync: false }))
startTarget().then((target) => {
  const app = express()
  app.use(express.json())
  app.get('/users/:id', async (request, response) => {
    const { id } = request.params
    const cached = await redis.get(`bench:user:${id}`)
    const { rows } = await pool.query('SELECT $1::text AS id, $2::text AS name', [id, 'Ada'])
    const { stock } = await (await fetch(`${target}/stock/${id}`)).json()
    log.info({ user: id, stock }, 'user served')
    response.json({ ...rows[0], stock, cached })
  })
  const server = app.listen(0, '127.0.0.1', () => listening(server))
})
