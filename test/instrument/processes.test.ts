/** Forks, cluster workers and worker threads of a program that was started with the preload are traced like the program itself. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf, type Decoded } from '../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const WORK = `
  const server = require('express')().get('/posts/:id', (request, response) => response.send('ok'))
    .listen(0, async () => { await (await fetch('http://127.0.0.1:' + server.address().port + '/posts/1')).text(); server.close(DONE) })`
const child = (done: string): string => WORK.replace('DONE', done)

const PROGRAMS: Record<string, string> = {
  'child_process.fork': `
    if (process.send) { ${child('() => process.disconnect()')} } else require('child_process').fork(__filename)`,
  cluster: `
    const cluster = require('cluster')
    if (cluster.isPrimary) cluster.fork(); else { ${child('() => process.disconnect()')} }`,
  'worker_threads.Worker': `
    const { isMainThread, Worker } = require('worker_threads')
    if (isMainThread) new Worker(__filename); else { ${child('() => {}')} }`,
  'a Worker that calls process.exit': `
    const { isMainThread, Worker } = require('worker_threads')
    if (isMainThread) new Worker(__filename); else { ${child('() => process.exit()')} }`,
}

const cases = Object.entries(PROGRAMS).flatMap(([name, source]) =>
  (['--import', '-r'] as const).map((flag) => [name, flag, source] as const),
)

test.for(cases)('%s, started with %s', async ([, flag, source]) => {
  const env = { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}` }
  const result = await runSource('cjs', source, { flags: [flag, 'uptrace-node/register'], env })
  expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' })
  const spans = sink.items('traces')
  expect(spans.map(({ name }) => name).sort()).toEqual(['GET', 'GET /posts/:id', 'request handler'])
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
  const instances = sink.received
    .filter(({ signal }) => signal === 'traces')
    .flatMap(({ request }) => request.resourceSpans.map(({ resource }: Decoded) => attributesOf(resource)))
  expect(new Set(instances.map((resource) => resource['service.instance.id'])).size).toBe(1)
})
