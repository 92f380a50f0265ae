// Prisma 7 on PostgreSQL: its operations by @prisma/instrumentation, the queries below them by pg.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

const cwd = import.meta.dirname
const prisma = path.join(cwd, 'node_modules/prisma/build/index.js')
if (!existsSync(prisma)) {
  console.error('Prisma is not installed: npm install --prefix examples/prisma')
  process.exit(1)
}

// `prisma generate` writes the client, for which it needs no engine: the variable keeps it from fetching one
const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' }
const generated = spawnSync(process.execPath, [prisma, 'generate'], { cwd, env, encoding: 'utf8' })
if (generated.status !== 0) {
  console.error(generated.stdout + generated.stderr)
  process.exit(1)
}

const { PrismaInstrumentation } = await import('@prisma/instrumentation')
configureOpentelemetry({
  serviceName: 'prisma-example',
  instrumentations: { add: [new PrismaInstrumentation()] },
})

const { PrismaPg } = await import('@prisma/adapter-pg')
const { PrismaClient } = await import('./generated/client.ts')
const { PGHOST = '127.0.0.1', PGPORT = '25432', PGUSER = 'test', PGDATABASE = 'postgres' } = process.env
const connectionString = `postgres://${PGUSER}@${PGHOST}:${PGPORT}/${PGDATABASE}`
const db = new PrismaClient({ adapter: new PrismaPg({ connectionString }) })

try {
  await db.$executeRaw`CREATE TABLE IF NOT EXISTS "ExampleOrder" (id SERIAL PRIMARY KEY, title TEXT NOT NULL)`
} catch (error) {
  console.error(`PostgreSQL does not answer (${error.code}): scripts/services.sh start, or set PGHOST, PGPORT, PGUSER`)
  process.exit(1)
}

await withSpan('checkout', async (span) => {
  console.log(traceUrl(span))
  await db.exampleOrder.create({ data: { title: 'chair' } })
  console.log('orders:', await db.exampleOrder.count())
})

await db.$executeRaw`DROP TABLE "ExampleOrder"`
await db.$disconnect()
await shutdown()
