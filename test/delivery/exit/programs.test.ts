/** The end of a process in programs that do something unusual. */
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { attributesOf, type Sink, startSink } from '../../faults/sink.ts'
import { type RunOptions, type RunResult, runSource } from '../../support/run-node.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close().catch(() => {}))

const HEAD = `const { configureOpentelemetry, withSpan, forceFlush } = require('uptrace-node')`
const run = (body: string, options: RunOptions = {}): Promise<RunResult> =>
  runSource('cjs', `${HEAD}\nconfigureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}' })\n${body}`, options)
const bare = (body: string): Promise<RunResult> => runSource('cjs', `const withSpan = (_, run) => run()\n\n${body}`)
const withoutPaths = (text: string): string => text.replace(/\S*\/p-\w+\//g, '')
const severities = (): number[] => sink.items('logs').map(({ severityNumber }) => severityNumber)

describe('an uncaught error', () => {
  test.for<[string, string, number]>([
    ['that nobody handles', `setTimeout(() => { throw new Error('boom') }, 10)`, 21],
    ['that is no error', `setTimeout(() => { throw 'boom' }, 10)`, 21],
  ])('%s has the severity of what it was', async ([, body, severity]) => {
    await run(body)
    expect(severities()).toEqual([severity])
    expect(sink.items('logs')[0].body.stringValue).toBe('boom')
  })

  test.for<[string, string]>([
    ['throws', `Error.prepareStackTrace = () => { throw new Error('in prepare') }`],
    ['returns an object', `Error.prepareStackTrace = (error, sites) => sites`],
    ['throws null', `Error.prepareStackTrace = () => { throw null }`],
  ])('is delivered when Error.prepareStackTrace %s', async ([, prepare]) => {
    const body = `${prepare}; setTimeout(() => { throw new TypeError('boom') }, 10)`
    const [ours, plain] = [await run(body), await bare(body)]
    const [record] = sink.items('logs')
    expect(attributesOf(record)).toMatchObject({ 'exception.type': 'TypeError', 'exception.message': 'boom' })
    expect([ours.code, withoutPaths(ours.stderr)]).toEqual([plain.code, withoutPaths(plain.stderr)])
  })

  test.for<[string, string]>([
    ['withSpan', `withSpan('work', async () => { await 1; throw new TypeError('boom') })`],
    ['withSpan, in another one', `withSpan('work', () => withSpan('in', () => Promise.reject(new TypeError('boom'))))`],
    ['traced', `require('uptrace-node').traced(async function work() { throw new TypeError('boom') })()`],
  ])('that rejects the promise of %s, which nobody handles, ends the process as it would', async ([, body]) => {
    const { code, stderr } = await run(body)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^TypeError: boom$/m)
    const span = sink.items('traces').find(({ name }) => name === 'work')
    expect(span).toMatchObject({ status: { code: 2, message: 'boom' } })
    expect(severities()).toEqual([21])
  })

  test('is delivered when its properties are getters that throw', async () => {
    await run(
      `setTimeout(() => { throw Object.defineProperty(new Error('boom'), 'stack', { get() { throw new Error('no') } }) }, 10)`,
    )
    expect(sink.items('logs')).toHaveLength(1)
  })

  test.for(['http', 'https'])(
    'in a handler of a server (%s) is printed with the line of the handler',
    async (scheme) => {
      // the handshake does not matter: the request is emitted as the server would
      const body = `
const server = require('${scheme}').createServer(() => {
  throw new TypeError('in the handler')
})
const http = require('http')
const request = new http.IncomingMessage(new (require('net').Socket)()); request.method = 'GET'; request.url = '/'
setTimeout(() => server.emit('request', request, new http.ServerResponse(request)), 10)`
      const { stderr, code } = await run(body)
      expect(stderr).toMatch(/main\.cjs:5\n\s+throw new TypeError\('in the handler'\)/)
      expect(code).toBe(1)
      const [span] = sink.items('traces')
      expect(span.status.code).toBe(2)
      expect(attributesOf(span.events[0])['exception.message']).toBe('in the handler')
    },
  )
})

describe('an end that Node tells nobody of', () => {
  test.for<[string, string, string[]]>([
    [
      'an exit listener throws',
      `process.on('exit', () => { withSpan('late', () => {}); throw new Error('boom') })`,
      ['late'],
    ],
    [
      'an exit listener throws during process.exit()',
      `process.on('exit', () => { withSpan('late', () => {}); throw new Error('boom') }); setTimeout(() => process.exit(3), 5)`,
      ['late'],
    ],
    [
      'an exit listener sets the code, another one exits without',
      `process.on('exit', () => { process.exitCode = 7; withSpan('late', () => {}) }); process.on('exit', () => process.exit())`,
      ['late'],
    ],
    [
      'a listener for uncaught errors throws',
      `process.on('uncaughtException', () => { withSpan('late', () => {}); throw new Error('again') }); setTimeout(() => { throw new Error('boom') }, 5)`,
      ['late'],
    ],
    [
      'the second listener for uncaught errors throws, for a rejection',
      `process.on('uncaughtException', () => withSpan('late', () => {})); process.on('uncaughtException', (error) => { throw error }); Promise.reject(new Error('boom'))`,
      ['late'],
    ],
    [
      'the application emits exit and goes on',
      `process.emit('exit', 0); withSpan('late', () => {}); setTimeout(() => process.exit(4), 5)`,
      ['late'],
    ],
    [
      'the application emits SIGTERM and goes on',
      `process.emit('SIGTERM', 'SIGTERM'); withSpan('late', () => {})`,
      ['late'],
    ],
    [
      'what is thrown cannot be looked at',
      `setTimeout(() => { throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } }) }, 5)`,
      [],
    ],
  ])('%s: all is delivered, and the end is that without telemetry', async ([, body, late]) => {
    const [ours, plain] = [await run(`withSpan('early', () => {})\n${body}`), await bare(body)]
    const named = sink.items('traces').map(({ name }) => name)
    expect(named).toEqual(['early', ...late])
    expect([ours.code, ours.signal]).toEqual([plain.code, plain.signal])
    const stackless = (text: string): string =>
      withoutPaths(text)
        .replace(/\n {4}at .*/g, '')
        .replace(/:\d+\n/, '')
    expect(stackless(ours.stderr)).toBe(stackless(plain.stderr))
    expect(severities()).toHaveLength(/boom|Proxy/.test(body) ? 1 : 0)
  })

  test('an error that a listener handles leaves process.emit as it was', async () => {
    const body = `const { emit } = process; process.on('uncaughtException', () => console.log(process.emit === emit, Object.hasOwn(process, 'emit')))
setTimeout(() => { throw new Error('boom') }, 5); setTimeout(() => console.log(process.emit === emit), 50)`
    expect((await run(body)).stdout).toBe('true false\ntrue\n')
  })
})

describe('signals', () => {
  const BUSY = `process.stdout.write('ready'); const end = Date.now() + 10_000; while (Date.now() < end);`
  test.for<[string, string]>([
    ['at the start', BUSY],
    [
      'after all was sent',
      `withSpan('a', () => {}); setTimeout(() => forceFlush().then(() => setTimeout(() => { ${BUSY} }, 2500)), 10)`,
    ],
  ])('with nothing unsent a busy loop does not delay the end (%s)', async ([, body]) => {
    let at = 0
    const result = await runSource(
      'cjs',
      `${HEAD}\nconfigureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', metricsEnabled: false })\n${body}`,
      {
        onStart: (child) => {
          const timer = setInterval(() => {
            if (!child.stdout.includes('ready')) return
            clearInterval(timer)
            at = performance.now()
            child.kill('SIGTERM')
          }, 20)
        },
      },
    )
    expect(result.signal).toBe('SIGTERM')
    expect(performance.now() - at).toBeLessThan(5000)
  })

  test('a listener of the application that is called once decides, whenever it was added', async () => {
    const { code } = await run(
      `process.once('SIGTERM', () => setTimeout(() => process.exit(9), 800)); withSpan('a', () => {}); setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM')`,
    )
    expect(code).toBe(9)
  })

  test('with listeners removed again and again, listeners do not pile up', async () => {
    const { stdout } = await run(
      `withSpan('a', () => {}); for (let i = 0; i < 20; i++) process.removeAllListeners()
setTimeout(() => { process.removeAllListeners(); setTimeout(() => { console.log(process.listenerCount('exit'), process.listenerCount('SIGTERM')); process.exit() }, 5) }, 5)`,
    )
    const [exits, terms] = stdout.trim().split(' ').map(Number)
    expect(exits).toBeLessThanOrEqual(2)
    expect(terms).toBe(1)
    expect(sink.spanIds().size).toBe(1)
  })

  test.for(['SIGTERM', 'SIGHUP'])(
    'the first process of a container, which %s does not end, goes on recording',
    async (signal, context) => {
      const probe = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true'])
      if (probe.status !== 0) return context.skip('unshare is not permitted here')
      const body = `
const { execFileSync } = require('child_process')
if (!process.env.INNER) execFileSync('unshare', ['--pid', '--fork', '--mount-proc', process.execPath, __filename], { env: { ...process.env, INNER: '1' } })
else {
  withSpan('before', () => {}); process.kill(process.pid, '${signal}')
  setTimeout(() => { withSpan('after', () => {}); process.exit(0) }, 1000)
}`
      const { code } = await run(body)
      expect(code).toBe(0)
      const names = sink.items('traces').map(({ name }) => name)
      expect(names).toEqual(expect.arrayContaining(['before', 'after']))
    },
  )
})

describe('fake timers do not stop the end', () => {
  const FAKE = `
const never = () => ({ unref() { return this }, ref() { return this } })
for (const name of ['setTimeout', 'setInterval', 'setImmediate']) globalThis[name] = never
globalThis.clearTimeout = globalThis.clearInterval = () => {}
globalThis.queueMicrotask = () => {}
globalThis.performance = { now: () => 0, timeOrigin: 0 }
Date.now = () => 0`
  test.for<[string, string, number | null]>([
    ['SIGTERM', `require('net').createServer().listen(0); process.kill(process.pid, 'SIGTERM')`, null],
    ['process.exit()', 'process.exit(3)', 3],
    ['a natural end', '', 0],
  ])('%s', async ([, end, code]) => {
    const result = await run(`${FAKE}\nfor (let i = 0; i < 10; i++) withSpan('s', () => {})\n${end}`)
    expect(result.code).toBe(code)
    expect(sink.spanIds().size).toBe(10)
  })
})

describe('metrics', () => {
  test.for([
    '',
    'setTimeout(() => process.exit(3), 10)',
    `process.on('SIGINT', () => process.exit(7)); process.kill(process.pid, 'SIGINT'); setTimeout(() => {}, 9000)`,
  ])('of an exit listener count as well (%j)', async (end) => {
    await run(`const meter = require('@opentelemetry/api').metrics.getMeter('app'); const counter = meter.createCounter('counter'); counter.add(5)
process.on('exit', () => { counter.add(10); meter.createGauge('gauge').record(7) }); ${end}`)
    const points = (name: string) =>
      sink
        .items('metrics')
        .filter((one) => one.name === name)
        .flatMap((one) => (one.sum ?? one.gauge).dataPoints)
    const values = points('counter').map(({ asInt, asDouble }) => Number(asInt ?? asDouble))
    expect(values.reduce((sum, value) => sum + value, 0)).toBe(15)
    expect(points('gauge')).toHaveLength(1)
  })

  test('of synchronous callbacks are collected at process.exit(), others are left out and hold nobody up', async () => {
    const { code, millis } = await run(`
const meter = require('@opentelemetry/api').metrics.getMeter('app')
meter.createObservableGauge('gauge').addCallback((result) => result.observe(7))
const batch = meter.createObservableCounter('batch')
meter.addBatchObservableCallback((result) => result.observe(batch, 8), [batch])
meter.createObservableGauge('never').addCallback(() => new Promise(() => {}))
meter.createObservableGauge('throws').addCallback(() => { throw new Error('no') })
meter.createHistogram('histogram').record(9)
meter.createUpDownCounter('up').add(-1)
process.exit(3)`)
    expect(code).toBe(3)
    expect(millis).toBeLessThan(5000)
    const names = sink.items('metrics').map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['gauge', 'batch', 'histogram', 'up']))
  })
})

test('an application that emits the monitor event of uncaught errors by hand has its own process.emit afterwards', async () => {
  const { stdout } = await run(`process.on('uncaughtException', () => {}); const { emit } = process
process.emit('uncaughtExceptionMonitor', new Error('by hand')); setImmediate(() => { console.log(process.emit === emit); process.exit() })`)
  expect(stdout).toBe('true\n')
})
