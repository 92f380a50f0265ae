/** Errors that nobody catches, and those that only seem so. */
import { describe, expect, test } from 'vitest'
import type { RunOptions } from '../support/run-node.ts'
import { dsnOf, importsOf, run, withSink } from './support.ts'

const ERROR = 17

describe.concurrent('C19', () => {
  const LATER = `setTimeout(() => { throw new Error('boom') }, 5); setTimeout(() => {}, 50)`
  test.for<[string, string]>([
    ['a listener', `process.on('uncaughtException', () => {}); ${LATER}`],
    ['a capture callback', `process.setUncaughtExceptionCaptureCallback(() => {}); ${LATER}`],
    [
      'a listener, for a rejection',
      `process.on('uncaughtException', () => {}); Promise.reject(new Error('boom')); setTimeout(() => {}, 50)`,
    ],
    ['a listener that was there before telemetry', LATER],
    [
      'a listener that ends the process in its own time',
      `process.on('uncaughtException', () => setTimeout(() => process.exit(0), 20)); ${LATER}`,
    ],
  ])('C19 · an error that the application handles by %s is an error, and not fatal', ([name, body]) =>
    withSink(async (sink) => {
      const early = name.includes('before') ? `process.on('uncaughtException', () => {});` : ''
      const source = `${importsOf('cjs')} ${early} configureOpentelemetry({ dsn: '${dsnOf(sink)}', metricsEnabled: false })
        ${body}`
      expect(await run('cjs', source)).toMatchObject({ code: 0 })
      const records = sink.items('logs')
      expect(records.map(({ body: text }) => text.stringValue)).toEqual(['boom'])
      expect(records[0].severityNumber).toBe(ERROR)
    }),
  )
})

describe.concurrent('C20', () => {
  const request = (server: string): string =>
    `const server = ${server}; require('net').connect(server.address().port).write('GET /users HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')`
  const express = (handler: string): string =>
    `const app = require('express')(); app.get('/users', ${handler}); ${request('app.listen(0)')}`
  const DIE = `setImmediate(() => { throw new Error('boom') })`
  test.for<[string, string, RunOptions, string[]]>([
    [
      'a handler of express 4 that throws after await',
      express(`async () => { await null; ${DIE} }`),
      { aliases: { express: 'express-4' } },
      ['GET', 'request'],
    ],
    [
      'a timer of a handler of express 5',
      express(`() => setTimeout(() => { throw new Error('boom') }, 5)`),
      {},
      ['GET', 'request'],
    ],
    [
      'a span within spans',
      `const { withSpan } = require('uptrace-node'); withSpan('outer', () => withSpan('middle', () => withSpan('inner', () => new Promise(() => ${DIE}))))`,
      {},
      ['inner', 'middle', 'outer'],
    ],
    [
      'a span of a plain server',
      request(
        `require('http').createServer(() => require('uptrace-node').withSpan('inner', () => new Promise(() => ${DIE}))).listen(0)`,
      ),
      {},
      ['GET', 'inner'],
    ],
  ])('C20 · %s: every open ancestor is ended with the error', ([, body, options, names]) =>
    withSink(async (sink) => {
      const source = `${importsOf('cjs')} configureOpentelemetry({ dsn: '${dsnOf(sink)}', metricsEnabled: false })
        ${body}`
      expect(await run('cjs', source, options)).toMatchObject({ code: 1 })
      const spans = sink.items('traces')
      expect(spans.map(({ name }) => name.split(' ')[0]).sort()).toEqual(names)
      expect(spans.filter(({ parentSpanId }) => !parentSpanId?.length)).toHaveLength(1)
      for (const { status } of spans) expect(status).toMatchObject({ code: 2, message: 'boom' })
    }),
  )
})

describe.concurrent('C21', () => {
  const serve = (create: string): string =>
    `const server = ${create}; server.listen(0, () => require('http').get({ port: server.address().port }).on('error', () => {}))`
  test.for<[string, string]>([
    [
      'the listener of http.createServer()',
      serve(`require('http').createServer((request, response) => {\nnull.x // the line\n})`),
    ],
    [
      "server.on('request')",
      serve(`require('http').createServer().on('request', function () {\nnull.x // the line\n})`),
    ],
    [
      'a listener of once()',
      serve(`new (require('http').Server)().once('request', () => {\nthrow new RangeError('boom') // the line\n})`),
    ],
  ])('C21 · %s throws: the crash shows the line of the user', ([, body]) =>
    withSink(async (sink) => {
      const source = `${importsOf('cjs')} configureOpentelemetry({ dsn: '${dsnOf(sink)}', metricsEnabled: false })
${body}`
      const { code, stderr } = await run('cjs', source)
      expect(code).toBe(1)
      const [where, line] = stderr.split('\n').filter((text) => !text.startsWith('uptrace:'))
      expect(where).toMatch(/main\.cjs:\d+$/)
      expect(line).toMatch(/\/\/ the line$/)
    }),
  )
})
