/** How fast a backlog leaves, and how long an end takes without a back end. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Signal } from '../../src/config/destination.ts'
import { decodeRequest, itemsOf } from '../wire/proto/otlp.ts'
import { linesAbout, run } from './program.ts'

/** A back end that takes its time for each answer, and counts. */
async function startSlow(millis: number) {
  const ids = new Set<string>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const signal = request.url!.split('/').at(-1) as Signal
    const body = Buffer.concat(chunks)
    const raw = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    for (const item of itemsOf(signal, decodeRequest(signal, raw))) ids.add(item.spanId ?? item.body.stringValue)
    setTimeout(() => response.end(), millis)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ids,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.closeAllConnections(),
  }
}

const COUNT = 40_000
const MAKE: Record<string, string> = {
  spans: `tracer.startSpan('s').end()`,
  'log records': `logger.emit({ body: 'r' + index })`,
}
const makeAll = (
  make: string,
  pause: string,
): string => `const tracer = trace.getTracer('app'), logger = logs.getLogger('app')
let index = 0
const all = (async () => { for (let part = 0; part < 20; part++) { for (let i = 0; i < ${COUNT / 20}; i++, index++) ${make}; ${pause} } })()`

test.for<[title: string, make: string, options: string]>([
  ['spans', MAKE['spans']!, ''],
  ['log records', MAKE['log records']!, ''],
])('C38 · a back end that answers in a second gets 40,000 %s in a few', async ([, make, options]) => {
  const slow = await startSlow(1000)
  const ran = await run(
    `${makeAll(make, 'await sleep(20)')}.then(() => forceFlush({ timeoutMillis: 4000 })).then(() => { process.stdout.write('done'); process.kill(process.pid, 'SIGKILL') })`,
    {
      options: `endpoint: '${slow.url}', metricsEnabled: false, ${options}`,
    },
  )
  slow.close()
  expect(ran.stdout).toBe('done')
  expect(slow.ids.size).toBe(COUNT)
})

test.for([
  'process.exit(3)',
  `setTimeout(() => { throw new Error('boom') }, 5)`,
  `process.kill(process.pid, 'SIGTERM')`,
])('C38 · a backlog at an end by %j: what arrived and what the line calls lost are all there is', async (end) => {
  const slow = await startSlow(900)
  const ran = await run(`${makeAll(MAKE['spans']!, 'await sleep(20)')}.then(() => { ${end} })`, {
    options: `endpoint: '${slow.url}', metricsEnabled: false, captureUncaught: false`,
    // longer than any of it takes: what is sent is answered as well
    env: { UPTRACE_EXIT_TIMEOUT: '6000' },
  })
  slow.close()
  const lost = Number(
    /(\d+) spans.* could not be delivered/.exec(linesAbout(ran, /could not be delivered/)[0] ?? '')?.[1] ?? 0,
  )
  expect(slow.ids.size + lost).toBe(COUNT)
})

const LIMIT_MILLIS = 450
const TEN = `for (let i = 0; i < 10; i++) withSpan('s', () => {})`
test.for<[title: string, end: string]>([
  ['process.exit()', 'process.exit(3)'],
  ['an uncaught error', `throw new Error('boom')`],
  [
    'a SIGTERM handler that exits',
    `process.on('SIGTERM', () => { process.stdout.write(String(Date.now())); process.exit(4) }); process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)`,
  ],
])('C39 · the back end refuses, %s: the end comes soon', async ([, end]) => {
  const millis: number[] = []
  for (let round = 0; round < 6 && !(Math.min(...millis) < LIMIT_MILLIS); round++) {
    const ran = await run(`${TEN}; setTimeout(() => { process.stdout.write(String(Date.now())); ${end} }, 20)`, {
      options: `dsn: 'http://t@127.0.0.1:1', metricsEnabled: false`,
    })
    millis.push(Date.now() - Number(ran.stdout.slice(0, 13)))
  }
  expect(Math.min(...millis)).toBeLessThan(LIMIT_MILLIS)
})

const WORKER = `const { Worker, isMainThread } = require('worker_threads')`
test.for<[title: string, worker: string, main: string]>([
  ['a worker that ends', '', ''],
  ['a worker that exits', 'process.exit(0)', ''],
  ['a worker that throws', `throw new Error('boom')`, `worker.on('error', () => {})`],
  ['a worker, then process.exit()', '', `worker.on('exit', () => process.exit(3))`],
])('C40 · the back end hangs, and there is %s: one limit', async ([, worker, main]) => {
  const ran = await run(
    `${TEN}; ${WORKER}; if (isMainThread) { const worker = new Worker(__filename); ${main} } else { require('fs').writeSync(1, String(Date.now())); ${worker} }`,
    { behaviour: 'hang' },
  )
  // from the end of the worker's work on: a busy machine needs its time for the start
  expect(Date.now() - Number(ran.stdout)).toBeLessThan(3700)
})
