import { readFileSync } from 'node:fs'
import { type Span, SpanKind } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { createCallSiteProcessor } from '../../../src/signals/traces/call-sites.ts'

type Attributes = Record<string, unknown>

function siteOf(kind: SpanKind, isOwn: (file: string) => boolean = () => false): Attributes {
  const noted: Attributes = {}
  const span = { kind, setAttributes: (given: Attributes) => Object.assign(noted, given) } as unknown as Span
  createCallSiteProcessor({
    isOwn: (file) => isOwn(file) || file.includes('src/signals/traces/call-sites.ts'),
  }).onStart(span as never, undefined as never)
  return noted
}

test('a call carries the line of the innermost code of the application', () => {
  const limit = Error.stackTraceLimit
  const site = siteOf(SpanKind.CLIENT)
  expect(site).toMatchObject({ 'code.file.path': import.meta.filename, 'code.function.name': 'siteOf' })
  expect(readFileSync(import.meta.filename, 'utf8').split('\n')[Number(site['code.line.number']) - 1]).toContain(
    '.onStart(span',
  )
  expect(Error.stackTraceLimit).toBe(limit)
})

test('only calls to others do', () => {
  expect(siteOf(SpanKind.INTERNAL)).toEqual({})
  expect(siteOf(SpanKind.SERVER)).toEqual({})
})

test('without a frame of the application it says nothing', () => {
  expect(siteOf(SpanKind.CLIENT, () => true)).toEqual({})
})

test('a stack that the application formats itself is left alone', () => {
  const { prepareStackTrace } = Error
  Error.prepareStackTrace = () => [{ own: true }]
  try {
    expect(siteOf(SpanKind.CLIENT)).toEqual({})
  } finally {
    if (prepareStackTrace) Error.prepareStackTrace = prepareStackTrace
    else delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace
  }
})
