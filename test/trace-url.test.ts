/** The address of a trace: of the place where it is, or nothing. */
import { INVALID_SPAN_CONTEXT, type Span, trace } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { traceUrlOf } from '../src/trace-url.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'
const span = trace.wrapSpanContext({ traceId, spanId, traceFlags: 1 })

test('fills the ids in', () => {
  expect(traceUrlOf('https://ui.example', span)).toBe(`https://ui.example/traces/${traceId}?span_id=${spanId}`)
  expect(traceUrlOf('http://j:16686/trace/{traceId}?uiFind={spanId}', span)).toBe(
    `http://j:16686/trace/${traceId}?uiFind=${spanId}`,
  )
  expect(traceUrlOf('http://x/?q={traceId}', span)).toBe(`http://x/?q=${traceId}`)
})

test.for<[string, string, unknown]>([
  ['no place is known', '', span],
  ['there is no span', 'https://ui.example', undefined],
  ['the span is null', 'https://ui.example', null],
  ['it is no span', 'https://ui.example', { spanContext: () => ({ traceId: 'x', spanId: 5 }) }],
  [
    'the span throws',
    'https://ui.example',
    {
      spanContext: () => {
        throw new Error('x')
      },
    },
  ],
  ['the ids are zeros', 'https://ui.example', trace.wrapSpanContext(INVALID_SPAN_CONTEXT)],
  [
    'the id of the trace is zeros',
    'https://ui.example',
    trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId, traceFlags: 1 }),
  ],
  ['the span is not recorded', 'https://ui.example', trace.wrapSpanContext({ traceId, spanId, traceFlags: 0 })],
  ['only the random flag is set', 'https://ui.example', trace.wrapSpanContext({ traceId, spanId, traceFlags: 2 })],
])('is empty where %s', ([, siteUrl, given]) => {
  expect(traceUrlOf(siteUrl, given as Span)).toBe('')
})
