// knex: a span of the query builder above that of the driver.

import knex from 'knex'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'knex-example' })

const { PGHOST = '127.0.0.1', PGPORT = '25432', PGUSER = 'test', PGDATABASE = 'postgres' } = process.env
const db = knex({
  client: 'pg',
  connection: { host: PGHOST, port: Number(PGPORT), user: PGUSER, database: PGDATABASE },
})

try {
  await db.raw('SELECT 1')
} catch (error) {
  console.error(`PostgreSQL does not answer (${error.code}): scripts/services.sh start, or set PGHOST, PGPORT, PGUSER`)
  process.exit(1)
}

await withSpan('list tables', async (span) => {
  console.log(traceUrl(span))
  const tables = await db('pg_catalog.pg_tables').select('tablename').where({ schemaname: 'pg_catalog' }).limit(3)
  console.log(tables.length, 'tables')
})

await db.destroy()
await shutdown()
