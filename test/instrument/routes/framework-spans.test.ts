/** Next and SvelteKit make spans themselves: what of them names the request, and what is left out. */
import { expect, test } from 'vitest'
import { seeQuiet } from '../support.ts'

/** A server that does what the framework does in each request. */
const serve = (body: string, paths: readonly string[], options = ''): string =>
  `configure(${options}); const { trace, SpanKind } = require('@opentelemetry/api'); const http = require('http'); const server = http.createServer((request, response) => { ${body} }).listen(0, '127.0.0.1', async () => { for (const path of ${JSON.stringify(paths)}) await new Promise((resolve) => http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (answer) => answer.resume().on('end', resolve))); await pause(50); process.exit(0) })`
const NEXT = `const tracer = trace.getTracer('next.js', '16.4.6'); const route = { '/posts/1': '/posts/[id]', '/none': '/_not-found' }[request.url]; tracer.startActiveSpan('BaseServer.handleRequest', { kind: SpanKind.SERVER }, (outer) => tracer.startActiveSpan('render', { attributes: { 'next.route': route } }, (inner) => { inner.end(); outer.updateName('GET ' + route); outer.end(); response.end() }))`

test('Next: one server span, named by the route, and no traces of its own start', async () => {
  const start = `require('@opentelemetry/api').trace.getTracer('next.js').startActiveSpan('load route module', (span) => span.end());`
  const { spans } = await seeQuiet('cjs', serve(`${start} ${NEXT}`, ['/posts/1', '/none']))
  const server = spans.filter(({ kind }) => kind === 1)
  expect(server.map(({ name, attributes }) => [name, attributes['http.route']])).toEqual([
    ['GET /posts/[id]', '/posts/[id]'],
    ['GET', undefined],
  ])
  expect(new Set(spans.filter(({ scope }) => scope === 'next.js').map(({ kind }) => kind))).toEqual(new Set([0]))
})

test('Next: an API in `pages` says its route in the name of a span; one in `app` of Next 15 says its file afterwards', async () => {
  const next = `const tracer = trace.getTracer('next.js'); const say = (name, route) => tracer.startSpan(name, { attributes: { 'next.route': route } }).end(); if (request.url === '/api/1') tracer.startSpan('executing api route (pages) /api/[id]').end(); else { say('resolve page components', '/things/[id]'); say('executing api route (app) /(in)/things/[id]/route', '/(in)/things/[id]/route') } response.end()`
  const { spans } = await seeQuiet('cjs', serve(next, ['/api/1', '/things/2']))
  expect(spans.filter(({ kind }) => kind === 1).map(({ name }) => name)).toEqual(['GET /api/[id]', 'GET /things/[id]'])
})

test('Next 16, behind a middleware: it goes on by a header, and the request has one server span all the same', async () => {
  const next = `const { context, propagation, ROOT_CONTEXT } = require('@opentelemetry/api'); const tracer = trace.getTracer('next.js'); const headers = {}; tracer.startActiveSpan('GET', { kind: SpanKind.SERVER }, (span) => { propagation.inject(context.active(), headers); span.end() }); context.with(propagation.extract(ROOT_CONTEXT, headers), () => tracer.startActiveSpan('GET', { kind: SpanKind.SERVER }, (span) => { tracer.startActiveSpan('render', { attributes: { 'next.route': '/posts/[id]' } }, (inner) => inner.end()); span.end(); response.end() }))`
  const { spans } = await seeQuiet('cjs', serve(next, ['/posts/1', '/posts/2']))
  expect(spans.filter(({ kind }) => kind === 1).map(({ name }) => name)).toEqual(['GET /posts/[id]', 'GET /posts/[id]'])
  expect(new Set(spans.filter(({ scope }) => scope === 'next.js').map(({ kind }) => kind))).toEqual(new Set([0]))
})

test('Next, at the start: what it loads is no trace, and what the application does then is', async () => {
  const { spans } = await seeQuiet(
    'cjs',
    `configure(); const { trace } = require('@opentelemetry/api'); trace.getTracer('next.js').startActiveSpan('register instrumentation', (span) => { trace.getTracer('app').startSpan('warm up').end(); span.end() })`,
  )
  expect(spans.map(({ name, parent }) => [name, parent])).toEqual([['warm up', undefined]])
})

test('Next, incoming requests turned off: its own span is that of the server', async () => {
  const off = '{ instrumentations: { http: { disableIncomingRequestInstrumentation: true } } }'
  // the page of errors is a request within the request
  const inner = `trace.getTracer('next.js').startActiveSpan('BaseServer.handleRequest', { kind: SpanKind.SERVER }, (span) => span.end())`
  const { spans } = await seeQuiet(
    'cjs',
    serve(NEXT.replace('inner.end()', `${inner}; inner.end()`), ['/posts/1'], off),
  )
  expect(spans.filter(({ kind }) => kind === 1).map(({ name, scope }) => [name, scope])).toEqual([
    ['GET /posts/[id]', 'next.js'],
  ])
})

test('SvelteKit: the id of the route without its groups', async () => {
  const kit = `const route = { '/posts/1': '/(app)/posts/[id]', '/': '/(app)' }[request.url] ?? 'unknown'; trace.getTracer('sveltekit').startActiveSpan('sveltekit.handle.root', { attributes: { 'http.route': route } }, (span) => { span.end(); response.end() })`
  const { spans } = await seeQuiet('cjs', serve(kit, ['/posts/1', '/', '/none']))
  expect(spans.filter(({ kind }) => kind === 1).map(({ name }) => name)).toEqual(['GET /posts/[id]', 'GET /', 'GET'])
})
