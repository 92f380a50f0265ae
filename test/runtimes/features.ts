/** What is asked of a runtime: a program each, and the span that tells of success. */

export interface Feature {
  /** As docs/runtimes.md names it. */
  readonly name: string
  /** Part of an async function in an ES module; `require` is there too. */
  readonly body: string
  /** `scope kind name`, of a span that has to be there. */
  readonly span: RegExp
  readonly needs?: string
}

const SERVER = `const server = http.createServer((request, response) => response.end('x')).listen(0, '127.0.0.1'); await pause(50); const url = 'http://127.0.0.1:' + server.address().port`

export const FEATURES: readonly Feature[] = [
  {
    name: 'spans by hand, context across `await`',
    body: `const { trace } = require('@opentelemetry/api'); const tracer = trace.getTracer('app'); await tracer.startActiveSpan('outer', async (span) => { await pause(5); tracer.startSpan('inner').end(); span.end() })`,
    span: /^app 0 inner below$/m,
  },
  {
    name: 'node:http, incoming',
    body: `const http = require('node:http'); ${SERVER}; await new Promise((resolve) => http.get(url + '/a', (answer) => answer.resume().on('end', resolve)))`,
    span: /^http 1 GET/m,
  },
  {
    name: 'node:http, outgoing',
    body: `const http = require('node:http'); ${SERVER}; await new Promise((resolve) => http.get(url + '/a', (answer) => answer.resume().on('end', resolve)))`,
    span: /^http 2 GET/m,
  },
  {
    name: '`fetch`',
    body: `const http = require('node:http'); ${SERVER}; await (await fetch(url + '/f')).text()`,
    span: /^undici 2 GET/m,
  },
  {
    name: 'express, routes',
    body: `const express = require('express'); const app = express(); app.get('/p/:id', (request, response) => response.send('x')); const server = app.listen(0, '127.0.0.1'); await pause(50); await (await fetch('http://127.0.0.1:' + server.address().port + '/p/1')).text()`,
    span: /^http 1 GET \/p\/:id/m,
  },
  {
    name: 'CommonJS packages by `require` (pg)',
    body: `const pg = require('pg'); const client = new pg.Client(process.env.UPTRACE_TEST_POSTGRES_URL); await client.connect(); await client.query('SELECT 1'); await client.end()`,
    span: /^pg 2 SELECT/m,
    needs: 'UPTRACE_TEST_POSTGRES_URL',
  },
  {
    name: 'CommonJS packages by `import` (pg)',
    body: `const { default: pg } = await import('pg'); const client = new pg.Client(process.env.UPTRACE_TEST_POSTGRES_URL); await client.connect(); await client.query('SELECT 1'); await client.end()`,
    span: /^pg 2 SELECT/m,
    needs: 'UPTRACE_TEST_POSTGRES_URL',
  },
  {
    name: 'ES modules (postgres)',
    body: `const { default: postgres } = await import('postgres'); const sql = postgres(process.env.UPTRACE_TEST_POSTGRES_URL); await sql\`SELECT 1\`; await sql.end()`,
    span: /postgres 2 SELECT/m,
    needs: 'UPTRACE_TEST_POSTGRES_URL',
  },
]

export const sourceOf = ({ body }: Feature): string => `
import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)
const { configureOpentelemetry } = await import('uptrace-node'); const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis))
const collector = { onStart() {}, forceFlush: async () => {}, shutdown: async () => {}, onEnd: (span) => console.log(span.instrumentationScope.name.replace('@opentelemetry/instrumentation-', ''), span.kind, span.name, span.parentSpanContext ? 'below' : 'root') }
configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', delivery: { exitFlush: false, shutdownTimeoutMillis: 1 }, metricsEnabled: false, runtimeMetrics: false, spanProcessors: [collector] })
${body}
await pause(50); process.exit(0)
`

/** Spans that reach a back end: at the end by \`shutdown\`, and from \`process.exit\`. */
export const DELIVERIES: ReadonlyArray<readonly [name: string, end: string]> = [
  ['what is sent by `shutdown()` arrives', 'await shutdown(); process.exit(0)'],
  ['what is left at `process.exit()` arrives', 'process.exit(0)'],
]

export const deliverySource = (port: number, end: string): string => `
import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)
const { configureOpentelemetry, shutdown } = await import('uptrace-node'); configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${port}', metricsEnabled: false })
const { trace } = require('@opentelemetry/api'); trace.getTracer('app').startSpan('arrives').end()
${end}
`
