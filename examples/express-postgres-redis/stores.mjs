// PostgreSQL with two small tables, and Redis; without them one line says how to start them.

import { Redis } from 'ioredis'
import pg from 'pg'
import { withSpan } from 'uptrace-node'

const { PGHOST = '127.0.0.1', PGPORT = '5432', PGUSER = 'test', PGDATABASE = 'postgres' } = process.env
const { REDIS_URL = 'redis://127.0.0.1:6379' } = process.env

export const pool = new pg.Pool({ host: PGHOST, port: Number(PGPORT), user: PGUSER, database: PGDATABASE })
export const redis = new Redis(REDIS_URL, { lazyConnect: true })

export async function openStores() {
  // both report the loss of a connection here; each call fails with it anyway
  pool.on('error', () => {})
  redis.on('error', () => {})
  try {
    await withSpan('open stores', async () => {
      await Promise.all([pool.query(TABLES), redis.connect()])
      await redis.del('customers')
    })
  } catch (error) {
    console.error(
      `PostgreSQL or Redis does not answer (${error.message}): run scripts/services.sh start and eval "$(scripts/services.sh env)", or set PGHOST, PGPORT, PGUSER, REDIS_URL`,
    )
    process.exit(1)
  }
}

export async function closeStores() {
  await Promise.all([pool.end(), redis.quit()])
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS example_customers (id int PRIMARY KEY, name text NOT NULL);
  CREATE TABLE IF NOT EXISTS example_orders (id int PRIMARY KEY, customer_id int NOT NULL, cents int NOT NULL);
  INSERT INTO example_customers SELECT id, 'customer ' || id FROM generate_series(1, 10) id ON CONFLICT DO NOTHING;
  INSERT INTO example_orders SELECT id, 1 + id % 10, 100 * id FROM generate_series(1, 50) id ON CONFLICT DO NOTHING`
