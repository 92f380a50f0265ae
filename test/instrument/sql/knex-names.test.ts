/** Queries of knex are named as those of the driver below them. */
import { expect, test } from 'vitest'
import { seeQuiet } from '../support.ts'

const URL = process.env['UPTRACE_TEST_POSTGRES_URL']

test.skipIf(!URL)('a query of knex is named by its operation and table, also within a transaction', async () => {
  const { spans } = await seeQuiet(
    'cjs',
    `configure(); (async () => { const db = require('knex')({ client: 'pg', connection: ${JSON.stringify(URL)} }); await db.raw('SELECT 1'); await db('pg_class').where({ relname: 'x' }).first(); await db.transaction((t) => t('pg_type').count()); await db.destroy() })()`,
  )
  const names = spans.filter(({ scope }) => scope === 'knex').map(({ name }) => name)
  expect(names).toEqual(['SELECT', 'SELECT pg_class', 'SELECT pg_type'])
})
