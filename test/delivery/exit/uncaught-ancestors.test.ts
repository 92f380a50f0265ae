/** An error that nobody catches ends every span that was open around it, so that the trace has its root. */
import path from 'node:path'
import { expect, test } from 'vitest'
import { runSource } from '../../support/run-node.ts'

const collect = JSON.stringify(path.join(import.meta.dirname, '../../instrument/collect.cjs'))
const CONFIGURE = `const { configureOpentelemetry, withSpan } = require('uptrace-node')
configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', logLevel: 'none', delivery: { exitTimeoutMillis: 1 }, metricsEnabled: false, spanProcessors: [require(${collect}).collect] })`

interface Printed {
  readonly name: string
  readonly status: { readonly code: number; readonly message?: string }
  readonly events: readonly string[]
}

async function spansOf(program: string, aliases: Record<string, string> = {}): Promise<Printed[]> {
  const { stdout } = await runSource('cjs', `${CONFIGURE}\n${program}`, { aliases })
  const lines = stdout.split('\n').filter((line) => line.startsWith('SPAN '))
  return lines.map((line) => JSON.parse(line.slice(5)) as Printed)
}

const express = (handler: string): string => `
const app = require('express')()
app.get('/', ${handler})
const server = app.listen(0, () => require('node:net').connect(server.address().port).write('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'))`

test.for<[string, string]>([
  [
    'a handler of express that throws after await',
    express(`async () => { await null; setImmediate(() => { throw new Error('boom') }) }`),
  ],
  ['a timer of a handler', express(`() => setTimeout(() => { throw new Error('boom') }, 5)`)],
])('%s: the server span ends too', async ([, program]) => {
  const spans = await spansOf(program, { express: 'express-4' })
  expect(spans.map(({ name }) => name)).toEqual(['request handler - /', expect.stringMatching(/^GET/)])
  for (const { status } of spans) expect(status).toEqual({ code: 2, message: 'boom' })
  expect(spans.map(({ events }) => events)).toEqual([['exception'], []])
})

test('spans of the application that are nested, one of which has ended', async () => {
  const spans = await spansOf(`
    withSpan('outer', () => withSpan('ended', (ended) => {
      ended.end()
      return withSpan('inner', () => new Promise(() => setImmediate(() => { throw new Error('boom') })))
    }))`)
  expect(spans.map(({ name, status }) => [name, status.code])).toEqual([
    ['ended', 0],
    ['inner', 2],
    ['outer', 2],
  ])
})

test('an error that the application handles ends nothing', async () => {
  const spans = await spansOf(`
    process.on('uncaughtException', () => {})
    withSpan('open', () => new Promise((resolve) => {
      setTimeout(resolve, 50)
      setImmediate(() => { throw new Error('boom') })
    }))`)
  expect(spans.map(({ name, status }) => [name, status])).toEqual([['open', { code: 2, message: 'boom' }]])
})
