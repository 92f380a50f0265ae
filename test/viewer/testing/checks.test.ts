import { describe, expect, test } from 'vitest'
import {
  type CheckResult,
  checkNoErrors,
  checkNoNPlusOne,
  checkQueryCount,
  checkSpan,
} from '../../../src/viewer/testing/checks.ts'
import type { ViewerSpan } from '../../../src/viewer/testing/found.ts'
import { assertNoErrors, assertQueryCount, assertSpan } from '../../../src/viewer/testing/matchers.ts'

let lastId = 0
function span(name: string, more: Partial<ViewerSpan> = {}): ViewerSpan {
  return {
    traceId: '1'.repeat(32),
    spanId: (++lastId).toString(16).padStart(16, '0'),
    parentSpanId: null,
    name,
    kind: 'internal',
    status: 'unset',
    statusMessage: null,
    service: 'shop',
    startUs: 1_700_000_000_000_000 + lastId,
    durationNs: 1000,
    attributes: {},
    events: [],
    links: [],
    resource: {},
    scope: { name: 't', version: '' },
    ...more,
  }
}

const root = span('GET /orders/:id', {
  kind: 'server',
  attributes: { 'http.request.method': 'GET', 'http.route': '/orders/:id' },
})
const query = (text: string, system = 'postgresql'): ViewerSpan =>
  span('query', {
    kind: 'client',
    parentSpanId: root.spanId,
    attributes: { 'db.system.name': system, 'db.query.text': text },
  })
const repeated = [root, ...Array.from({ length: 5 }, (_, at) => query(`SELECT * FROM items WHERE id = ${at}`))]

test.for<[string, CheckResult, boolean, RegExp]>([
  ['a span by name', checkSpan([root], { name: 'GET /orders/:id' }), true, /expected no span that meets .*found:/],
  ['a span by pattern and kind', checkSpan([root], { name: /orders/, kind: 'server' }), true, /\/orders\//],
  [
    'a span with other attributes',
    checkSpan([root], { name: 'GET /orders/:id', attributes: { 'http.route': '/x' } }),
    false,
    /nearest is "GET \/orders\/:id":\n {2}http\.route is "\/orders\/:id", expected \{"attributes"/,
  ],
  ['no spans at all', checkSpan([], { name: 'a' }), false, /\(no spans\)/],
  ['no errors', checkNoErrors([root]), true, /found none/],
  [
    'an error',
    checkNoErrors([root, span('pay', { status: 'error', statusMessage: 'card refused' })]),
    false,
    /found 1:\n {2}pay: card refused/,
  ],
  [
    'an N+1',
    checkNoNPlusOne(repeated),
    false,
    /SELECT \* FROM items WHERE id = \?.* is run again and again in GET \/orders\/:id[\s\S]*5 times/,
  ],
  ['four are none', checkNoNPlusOne(repeated.slice(0, 5)), true, /expected an N\+1/],
  ['as many queries', checkQueryCount(repeated, 5), true, /another number of queries than 5/],
  ['too many queries', checkQueryCount(repeated, { max: 3 }), false, /expected 0 to 3 queries, found 5:\n.*×5$/],
  ['at least', checkQueryCount(repeated, { min: 6 }), false, /at least 6 queries, found 5/],
  [
    'queries that a filter names',
    checkQueryCount([...repeated, query('DELETE FROM items')], 1, { attributes: { 'db.query.text': /^DELETE/ } }),
    true,
    /found 1/,
  ],
  [
    'caches and connections are no queries',
    checkQueryCount(
      [query('GET a', 'redis'), span('pg.connect', { kind: 'client', attributes: { 'db.system.name': 'postgresql' } })],
      0,
    ),
    true,
    /found 0/,
  ],
])('%s', ([, { pass, message }, isMet, text]) => {
  expect(pass).toBe(isMet)
  expect(message()).toMatch(text)
})

test('the message of a failed check is the tree of the spans, with the line that failed', () => {
  const failed = span('load', {
    parentSpanId: root.spanId,
    status: 'error',
    statusMessage: 'gone',
    events: [
      {
        name: 'exception',
        timeUs: 0,
        attributes: {
          'exception.message': 'order 7 is gone',
          'exception.stacktrace':
            'Error: order 7 is gone\n    at node:internal/x:1:1\n    at load (/app/orders.js:12:9)',
        },
      },
    ],
  })
  expect(checkNoErrors([root, failed]).message()).toContain('load: order 7 is gone at /app/orders.js:12')
  expect(checkSpan([root, failed], { name: 'pay' }).message()).toContain(
    '  GET /orders/:id (server)\n    load (internal)  [error] gone',
  )
})

describe('assertions', () => {
  test('throw for a trace, reject for a handle', async () => {
    expect(() => assertSpan({ spans: [root] }, { name: 'no' })).toThrow(/expected a span that meets/)
    expect(assertSpan([root], { name: root.name })).toBeUndefined()
    const handle = { spans: () => Promise.resolve(repeated) }
    await expect(assertQueryCount(handle, 4)).rejects.toThrow(/found 5/)
    await expect(assertNoErrors(handle)).resolves.toBeUndefined()
  })

  test.for([[undefined], [null], [Promise.resolve({ spans: [] })], [{}]])('refuse %s', ([observed]) => {
    expect(() => assertNoErrors(observed as never)).toThrow(/is an `await` missing/)
  })
})
