// The trace in the database's own logs: pg appends it to each statement as a comment, extractFromSqlComment reads it back.

import { trace } from '@opentelemetry/api'
import pg from 'pg'
import { configureOpentelemetry, extractFromSqlComment, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'sql-comments-example', sqlComments: true })

const { PGHOST = '127.0.0.1', PGPORT = '5432', PGUSER = 'test', PGDATABASE = 'postgres' } = process.env
const client = new pg.Client({ host: PGHOST, port: Number(PGPORT), user: PGUSER, database: PGDATABASE })

try {
  await client.connect()
} catch (error) {
  console.error(
    `PostgreSQL does not answer (${error.code}): run scripts/services.sh start and eval "$(scripts/services.sh env)", or set PGHOST, PGPORT, PGUSER`,
  )
  process.exit(1)
}

await withSpan('slow report', async (span) => {
  console.log(traceUrl(span))
  // what pg_stat_activity, log_statement and auto_explain would show for this statement
  const { rows } = await client.query('SELECT current_query() AS text')
  console.log(rows[0].text)
  const found = trace.getSpanContext(extractFromSqlComment(rows[0].text))
  console.log('the span that sent it:', found?.spanId)
})

await client.end()
await shutdown()
