// mysql2: queries, prepared statements and a pool, each with its statement; literals in the text are masked.

import mysql from 'mysql2/promise'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'mysql2-example' })

const uri = process.env.MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/test'
const pool = mysql.createPool({ uri, connectionLimit: 2 })

try {
  await pool.query('SELECT 1')
} catch (error) {
  console.error(`MySQL does not answer (${error.code}): scripts/services.sh start, or set MYSQL_URL`)
  process.exit(1)
}

await withSpan('monthly report', async (span) => {
  console.log(traceUrl(span))
  const [rows] = await pool.query("SELECT 6 * 7 AS answer, 'ada@example.com' AS mail")
  await pool.execute('SELECT ? + 1 AS next', [rows[0].answer])
  // the error is on the span of the query
  await pool.query('SELECT * FROM example_misspelt').catch((error) => console.log(error.message))
})

await pool.end()
await shutdown()
