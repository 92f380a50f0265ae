/** Express with one query on PostgreSQL a request. */
const express = require('express')
const { Pool } = require('pg')
const { listening } = require('./report.cjs')

const pool = new Pool({ connectionString: process.env.BENCH_POSTGRES_URL, max: 8 })
const app = express()
app.get('/users/:id', async (request, response) => {
  const { rows } = await pool.query('SELECT $1::text AS id, $2::text AS name', [request.params.id, 'Ada'])
  response.json(rows[0])
})
const server = app.listen(0, '127.0.0.1', () => listening(server))
