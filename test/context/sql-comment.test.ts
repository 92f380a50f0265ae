/** Reading trace context out of SQL comments: present, absent, escaped, hostile. */
import { type TraceState, trace } from '@opentelemetry/api'
import { addSqlCommenterComment } from '@opentelemetry/sql-common'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { extractFromSqlComment } from '../../src/context/sql-comment.ts'
import { parseTraceState } from '../../src/context/trace-state.ts'

const ID = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const read = (sql: string) => trace.getSpanContext(extractFromSqlComment(sql))

test.for([
  `SELECT 1 /*traceparent='${ID}'*/`,
  `SELECT 1 /*action='list',traceparent='${ID}',tracestate='a%3D1'*/;`,
  `/* made by hand */ SELECT '*' FROM t /*traceparent='${ID}'*/ -- end`,
])('%s', (sql) => {
  expect(read(sql)).toMatchObject({ traceId: ID.slice(3, 35), spanId: ID.slice(36, 52), traceFlags: 1, isRemote: true })
})

test.for([
  `SELECT '/*traceparent=''${ID}''*/'`,
  `SELECT '/*traceparent=\\'${ID}\\'*/'`,
  `SELECT "/*traceparent='${ID}'*/"`,
  `SELECT 'it''s /*traceparent=\\'${ID}\\'*/' /*action='list'*/`,
  `SELECT 1 -- /*traceparent='${ID}'*/`,
])('text in quotes and comments of a line are no comment: %s', (sql) => {
  expect(read(sql)).toBeUndefined()
})

test.for(["x='*/; DROP TABLE t; --", `a="'*/ /*`, 'a=%2A/b', "a=1*/'\\", 'a=/*'])(
  'a state like %j, written as a comment, cannot end it',
  (state) => {
    const traceState = parseTraceState(state) as TraceState
    const span = trace.wrapSpanContext({
      traceId: ID.slice(3, 35),
      spanId: ID.slice(36, 52),
      traceFlags: 1,
      traceState,
    })
    const sql = addSqlCommenterComment(span, 'SELECT 1')
    expect(sql.match(/\*\//g)).toHaveLength(1)
    expect(sql.endsWith("'*/")).toBe(true)
    expect(read(sql)?.traceState?.serialize()).toBe(traceState?.serialize())
  },
)

test('takes the trace state, percent-decoded', () => {
  expect(read(`SELECT 1 /*traceparent='${ID}',tracestate='a%3D1'*/`)?.traceState?.serialize()).toBe('a=1')
})

test.for(['', 'SELECT 1', `SELECT 1 /*traceparent='zz'*/`, 'SELECT 1 /*', `SELECT "traceparent='${ID}'"`])(
  'nothing in %j',
  (sql) => {
    expect(read(sql)).toBeUndefined()
  },
)

test('never throws, and is quick on long statements', () => {
  fc.assert(fc.property(fc.string(), (text) => void read(`${text}/*${text}='${text}'*/`)))
  const start = performance.now()
  read('/*'.repeat(500_000))
  read(`/*${"a='".repeat(500_000)}*/`)
  read("'\\\\'".repeat(500_000))
  read(`'${"\\'".repeat(500_000)}`)
  expect(performance.now() - start).toBeLessThan(2000)
})
