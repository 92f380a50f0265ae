/** Ends at which something was lost, held up, or went on without telemetry. */
import { expect, test } from 'vitest'
import { linesAbout, run, spanNames } from './program.ts'

const STAY = 'setInterval(() => {}, 1000)'
const WORKER = `const { Worker, isMainThread } = require('worker_threads')`

/** `unshare` makes the program the first process of a container. */
const asFirst = (body: string): string => `const { spawnSync } = require('child_process')
if (!process.env.INNER) {
  const { status, stdout, stderr } = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', process.execPath, __filename], { env: { ...process.env, INNER: '1' } })
  process.stdout.write(stdout); process.stderr.write(stderr); process.exitCode = status
} else { configureOpentelemetry({ dsn: '$DSN', runtimeMetrics: false }); ${body} }`
test.concurrent.for<[title: string, signal: string, more: string]>([
  ['SIGTERM', 'SIGTERM', ''],
  ['SIGINT', 'SIGINT', ''],
  ['SIGTERM twice', 'SIGTERM', `setTimeout(() => process.kill(1, 'SIGTERM'), 60)`],
])('C35 · the first process of a container, which %s does not end, goes on recording', async ([, signal, more]) => {
  const body = `withSpan('before', () => {}); ${more}; setTimeout(() => process.kill(1, '${signal}'), 50); setTimeout(() => { withSpan('after', () => {}); process.exit(5) }, 1500)`
  const ran = await run(asFirst(body), { options: null })
  expect(ran.code).toBe(5)
  expect(spanNames(ran)).toEqual(['before', 'after'])
})

const COUNT = `const meter = metrics.getMeter('app'); meter.createCounter('made').add(50); meter.createHistogram('took').record(7)`
test.concurrent.for<[title: string, end: string]>([
  ['process.exit()', 'process.exit(3)'],
  ['an uncaught error', `setTimeout(() => { throw new Error('boom') }, 5)`],
  [
    'a SIGTERM handler that exits',
    `${STAY}; process.on('SIGTERM', () => process.exit(4)); process.kill(process.pid, 'SIGTERM')`,
  ],
  ['a rejection that nobody handles', `Promise.reject(new Error('boom'))`],
])('C36 · counter and histogram at %s', async ([, end]) => {
  const { sink } = await run(`${COUNT}; ${end}`)
  const points = (name: string) =>
    sink
      .items('metrics')
      .filter((one) => one.name === name)
      .flatMap(({ sum, histogram }) => (sum ?? histogram).dataPoints)
  expect(points('made').reduce((total, { asInt, asDouble }) => total + Number(asInt ?? asDouble), 0)).toBe(50)
  expect(points('took')[0]?.sum).toBe(7)
})

test.concurrent.for<[title: string, end: string]>([
  ['exits', 'process.exit(0)'],
  ['throws', `throw new Error('boom')`],
])('C36 · counter and histogram of a worker that %s', async ([, end]) => {
  const { sink } = await run(`${WORKER}
if (isMainThread) new Worker(__filename).on('error', () => {}); else { ${COUNT}; ${end} }`)
  const made = sink
    .items('metrics')
    .filter(({ name }) => name === 'made')
    .flatMap(({ sum }) => sum.dataPoints)
  expect(made.reduce((total, { asInt, asDouble }) => total + Number(asInt ?? asDouble), 0)).toBe(50)
})

test.concurrent.for<[title: string, end: string, outcome: object]>([
  ['SIGTERM', `process.removeAllListeners(); ${STAY}; process.kill(process.pid, 'SIGTERM')`, { signal: 'SIGTERM' }],
  [
    'SIGINT, its listeners alone',
    `process.removeAllListeners('SIGINT'); ${STAY}; process.kill(process.pid, 'SIGINT')`,
    { signal: 'SIGINT' },
  ],
  ['process.exit() in the same turn', `process.removeAllListeners(); process.exit(3)`, { code: 3 }],
  ['process.exit(), the listeners of exit alone', `process.removeAllListeners('exit'); process.exit(3)`, { code: 3 }],
  [
    'SIGTERM some time later',
    `process.removeAllListeners(); ${STAY}; setTimeout(() => process.kill(process.pid, 'SIGTERM'), 100)`,
    { signal: 'SIGTERM' },
  ],
  [
    'SIGTERM, each listener taken off by off()',
    `for (const name of process.eventNames()) for (const one of process.rawListeners(name)) process.off(name, one); ${STAY}; process.kill(process.pid, 'SIGTERM')`,
    { signal: 'SIGTERM' },
  ],
  ['an uncaught error', `process.removeAllListeners(); setTimeout(() => { throw new Error('boom') }, 5)`, { code: 1 }],
  ['an uncaught error in the same turn', `process.removeAllListeners(); throw new Error('boom')`, { code: 1 }],
])('C44 · removeAllListeners(), then %s: everything arrives', async ([, end, outcome]) => {
  const ran = await run(`for (let i = 0; i < 10; i++) withSpan('s', () => {}); ${end}`, { timeoutMillis: 6000 })
  expect(ran).toMatchObject(outcome)
  expect(ran.sink.spanIds().size).toBe(10)
})

const SLOW = `
const write = (text) => require('fs').writeSync(1, text + ' ')
const own = []
const batch = { onStart() {}, onEnd: (span) => own.push(span), shutdown: async () => {}, forceFlush: async () => { await sleep(20); if (own.length) write('flushed ' + own.splice(0).length) } }
const recorder = { onEmit: (record) => own.push(record), shutdown: async () => {}, forceFlush: batch.forceFlush }`
test.concurrent.for<[title: string, option: string, end: string]>([
  ['a natural end', 'spanProcessors: [batch]', ''],
  ['SIGTERM', 'spanProcessors: [batch]', `${STAY}; process.kill(process.pid, 'SIGTERM')`],
  ['a log record processor, a natural end', 'logRecordProcessors: [recorder]', ''],
  [
    'a log record processor, SIGTERM',
    'logRecordProcessors: [recorder]',
    `${STAY}; process.kill(process.pid, 'SIGTERM')`,
  ],
  ['SIGHUP', 'spanProcessors: [batch]', `${STAY}; process.kill(process.pid, 'SIGHUP')`],
])('C46 · processors of the application are flushed at the end: %s', async ([, option, end]) => {
  const ran = await run(
    `${SLOW}; configureOpentelemetry({ dsn: '$DSN', runtimeMetrics: false, ${option} })
withSpan('s', () => logs.getLogger('app').emit({ body: 'r' })); ${end}`,
    { options: null },
  )
  expect(ran.stdout).toBe('flushed 1 ')
  expect(ran.sink.spanIds().size).toBe(1)
})
test.concurrent.for<[title: string, end: string]>([
  ['process.exit()', 'process.exit(3)'],
  ['an uncaught error', `setTimeout(() => { throw new Error('boom') }, 5)`],
  [
    'process.exit() in a handler of SIGTERM',
    `${STAY}; process.on('SIGTERM', () => process.exit(4)); process.kill(process.pid, 'SIGTERM')`,
  ],
])('C46 · processors of the application are asked to flush, as far as they can at once, at %s', async ([, end]) => {
  const ran = await run(
    `${SLOW.replace('await sleep(20); ', '')}; configureOpentelemetry({ dsn: '$DSN', runtimeMetrics: false, spanProcessors: [batch] })
withSpan('s', () => {}); ${end}`,
    { options: null },
  )
  expect(ran.stdout).toBe('flushed 1 ')
  expect(ran.sink.spanIds().size).toBe(1)
})

/** What sinon's useFakeTimers() and its like leave behind. */
const FAKE = `const never = () => ({ unref() { return this }, ref() { return this } })
for (const name of ['setTimeout', 'setInterval', 'setImmediate']) globalThis[name] = never
globalThis.clearTimeout = globalThis.clearInterval = globalThis.clearImmediate = () => {}
globalThis.queueMicrotask = () => {}
globalThis.performance = { now: () => 0, timeOrigin: 0 }
Date.now = () => 0`
const MOCK = `require('node:test').mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })`
const SERVER = `require('net').createServer().listen(0)`
test.concurrent.for<[title: string, fake: string, end: string, outcome: object]>([
  ['like those of sinon, SIGTERM', FAKE, `${SERVER}; process.kill(process.pid, 'SIGTERM')`, { signal: 'SIGTERM' }],
  ['like those of sinon, SIGINT', FAKE, `${SERVER}; process.kill(process.pid, 'SIGINT')`, { signal: 'SIGINT' }],
  ['of node:test, SIGTERM', MOCK, `${SERVER}; process.kill(process.pid, 'SIGTERM')`, { signal: 'SIGTERM' }],
  [
    'in node:timers as well, SIGTERM',
    `${FAKE}; Object.assign(require('timers'), { setTimeout: never, setInterval: never, setImmediate: never })`,
    `${SERVER}; process.kill(process.pid, 'SIGTERM')`,
    { signal: 'SIGTERM' },
  ],
])('C48 · fake timers (%s): the process ends, whatever the back end does', async ([, fake, end, outcome]) => {
  const body = `${fake}\nfor (let i = 0; i < 10; i++) withSpan('s', () => {})\n${end}`
  const env = { UPTRACE_EXIT_TIMEOUT: '700' }
  const ran = await run(body, { timeoutMillis: 9000, behaviour: 'hang', env })
  expect(ran).toMatchObject(outcome)
  expect(linesAbout(ran, /10 spans.* could not be delivered in time; .* no answer within 700 ms$/)).toHaveLength(1)
  const again = await run(body, {
    timeoutMillis: 9000,
    env: { UPTRACE_EXIT_TIMEOUT: '6000' },
    behaviour: (index) => (index < 2 ? { status: 503 } : 'ok'),
  })
  expect(again).toMatchObject(outcome)
  expect(again.sink.spanIds().size).toBe(10)
})

const BUSY = `process.stdout.write('ready'); const end = Date.now() + 8000; while (Date.now() < end);`
test.concurrent.for<[title: string, body: string, signals: NodeJS.Signals[]]>([
  ['Ctrl-C twice, then SIGTERM', BUSY, ['SIGINT', 'SIGINT', 'SIGTERM']],
  ['SIGTERM', BUSY, ['SIGTERM']],
  ['SIGTERM twice', BUSY, ['SIGTERM', 'SIGTERM']],
  [
    'after all was sent',
    `withSpan('a', () => {}); setTimeout(() => forceFlush().then(() => setTimeout(() => { ${BUSY} }, 1200)), 10)`,
    ['SIGTERM'],
  ],
])('C34 · a busy loop with nothing unsent, %s: the process ends at once', async ([, body, signals]) => {
  let at = 0
  const ran = await run(body, {
    options: 'metricsEnabled: false',
    onStart: (child) => {
      const timer = setInterval(() => {
        if (!child.stdout.includes('ready')) return
        clearInterval(timer)
        at = performance.now()
        for (const [index, signal] of signals.entries()) setTimeout(() => child.kill(signal), index * 20)
      }, 10)
    },
  })
  expect(ran.signal).toBe(signals[0])
  expect(performance.now() - at).toBeLessThan(4000)
  expect(linesAbout(ran, /could not be delivered/)).toEqual([])
})
