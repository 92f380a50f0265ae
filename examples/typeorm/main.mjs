// TypeORM in plain JavaScript: its queries are spans of the driver below it, here pg.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

if (!existsSync(path.join(import.meta.dirname, 'node_modules/typeorm'))) {
  console.error('TypeORM is not installed: npm install --prefix examples/typeorm')
  process.exit(1)
}

configureOpentelemetry({ serviceName: 'typeorm-example' })
const { DataSource, EntitySchema } = await import('typeorm')

const { PGHOST = '127.0.0.1', PGPORT = '25432', PGUSER = 'test', PGDATABASE = 'postgres' } = process.env
const Order = new EntitySchema({
  name: 'Order',
  tableName: `example_orders_${process.pid}`,
  columns: { id: { type: Number, primary: true, generated: true }, title: { type: String } },
})
const source = new DataSource({
  type: 'postgres',
  host: PGHOST,
  port: Number(PGPORT),
  username: PGUSER,
  database: PGDATABASE,
  entities: [Order],
})

try {
  await source.initialize()
} catch (error) {
  console.error(`PostgreSQL does not answer (${error.code}): scripts/services.sh start, or set PGHOST, PGPORT, PGUSER`)
  process.exit(1)
}

await source.synchronize()
const orders = source.getRepository(Order)
await withSpan('checkout', async (span) => {
  console.log(traceUrl(span))
  await orders.save([{ title: 'chair' }, { title: 'table' }])
  console.log('orders:', await orders.count())
})

await source.query(`DROP TABLE "${Order.options.tableName}"`)
await source.destroy()
await shutdown()
