/** What a span says of a Redis command that failed. */
import type { Span } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { failRedisSpan } from '../../../src/instrument/db/fail-redis-span.ts'

test.for([
  [new Error('WRONGTYPE Operation against a key holding the wrong kind of value'), 'WRONGTYPE', 'WRONGTYPE'],
  [new Error("ERR unknown command 'x'"), 'ERR', 'ERR'],
  [Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED', undefined],
  [new Error('Connection is closed.'), 'Error', undefined],
  [new TypeError('A key'), 'TypeError', undefined],
  ['text', '_OTHER', undefined],
] as const)('%s', ([error, type, status]) => {
  const seen: Record<string, unknown> = {}
  const span = {
    setAttribute: (key: string, value: unknown) => Reflect.set(seen, key, value),
    setStatus() {},
    recordException() {},
  }
  failRedisSpan(span as unknown as Span, error)
  expect([seen['error.type'], seen['db.response.status_code']]).toEqual([type, status])
})
