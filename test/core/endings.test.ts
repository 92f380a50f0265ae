/** Telemetry of the last moment, signals that end a program, and threads that never return to their loop. */
import { describe, expect, test } from 'vitest'
import { dsnOf, importsOf, namesOf, run, withSink } from './support.ts'

const WORK = `
  const work = (name) => { api.trace.getTracer('t').startSpan(name).end(); api.logs.getLogger('l').emit({ body: name }); api.metrics.getMeter('m').createCounter(name).add(1) };`

describe.concurrent('C12', () => {
  test.for<[string, string, number]>([
    ['process.exit()', `process.on('exit', () => work('late')); setTimeout(() => process.exit(3), 5)`, 3],
    ['a natural end', `process.on('exit', () => work('late'))`, 0],
    ['an uncaught error', `process.on('exit', () => work('late')); throw new Error('boom')`, 1],
    ['a listener that was there before telemetry', '', 0],
    [
      'a listener that a listener has added',
      `process.on('exit', () => process.on('exit', () => {})); process.on('exit', () => work('late')); process.exit(4)`,
      4,
    ],
    [
      'a listener before all others, which ends the process',
      `process.prependListener('exit', () => { work('late'); process.exit(6) }); setTimeout(() => process.exit(3), 5)`,
      6,
    ],
    ['a handler of signal-exit', `require('signal-exit').onExit(() => work('late')); process.exit(3)`, 3],
    ['a handler of signal-exit at a natural end', `require('signal-exit').onExit(() => work('late'))`, 0],
    [
      'a handler of signal-exit which ends the process',
      `require('signal-exit').onExit(() => { work('late'); process.exit(7) }); process.exit(3)`,
      7,
    ],
    [
      'a handler of signal-exit 3',
      `const emitter = process.__signal_exit_emitter__ = Object.assign(new (require('events'))(), { emitted: {} }), { emit } = process
       const once = (event) => { if (emitter.emitted[event]) return; emitter.emitted[event] = true; emitter.emit(event, process.exitCode, null) }
       process.emit = function (event, ...args) { const result = emit.call(this, event, ...args); if (event === 'exit') { once('exit'); once('afterexit') } return result }
       emitter.once('exit', () => work('late'))`,
      0,
    ],
  ])('C12 · what an exit listener makes arrives: %s', ([name, ending, code]) =>
    withSink(async (sink) => {
      const isEarly = name.includes('before')
      const source = `${importsOf('cjs')} ${WORK} ${isEarly ? `process.on('exit', () => work('late'));` : ''}
        configureOpentelemetry({ dsn: '${dsnOf(sink)}', captureUncaught: false }); work('early')
        ${ending}`
      const result = await run('cjs', source)
      expect(result.code).toBe(code)
      expect(namesOf(sink, 'traces')).toEqual(['early', 'late'])
      expect(namesOf(sink, 'logs')).toEqual(['early', 'late'])
      expect(namesOf(sink, 'metrics')).toEqual(expect.arrayContaining(['early', 'late']))
    }),
  )
})

describe.concurrent('C13', () => {
  test.for(['SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM'] as const)(
    'C13 · %s: everything is delivered, then the signal has its own effect',
    (signal) =>
      withSink(async (sink) => {
        const source = `${importsOf('cjs')} ${WORK}
          configureOpentelemetry({ dsn: '${dsnOf(sink)}' }); work('early'); setInterval(() => {}, 1000)
          process.kill(process.pid, '${signal}')`
        const result = await run('cjs', source, { timeoutMillis: 6_000 })
        expect(result.signal).toBe(signal)
        expect([namesOf(sink, 'traces'), namesOf(sink, 'logs')]).toEqual([['early'], ['early']])
      }),
  )
})

describe.concurrent('C14', () => {
  const PARK = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'
  test.for<[string, string, string]>([
    [
      'a thread that is parked after its task',
      `worker.on('message', () => process.exit(0))`,
      `Promise.resolve().then(() => { parentPort.postMessage('done'); ${PARK} })`,
    ],
    [
      'worker.terminate() after a task',
      `worker.on('message', () => worker.terminate())`,
      `parentPort.postMessage('done'); setInterval(() => {}, 1000)`,
    ],
    [
      'worker.terminate() of a thread that is parked',
      `worker.on('message', () => setTimeout(() => worker.terminate(), 50))`,
      `setImmediate(() => { parentPort.postMessage('done'); ${PARK} })`,
    ],
    [
      'worker.terminate() in the middle of an endless statement',
      `worker.on('message', () => worker.terminate())`,
      `parentPort.postMessage('done'); for (;;);`,
    ],
  ])('C14 · %s loses no span', ([, main, thread]) =>
    withSink(async (sink) => {
      const source = `${importsOf('cjs')} const { isMainThread, Worker, parentPort } = require('worker_threads')
        configureOpentelemetry({ dsn: '${dsnOf(sink)}', metricsEnabled: false })
        if (isMainThread) { const worker = new Worker(__filename); ${main} }
        else { for (let index = 0; index < 30; index++) api.trace.getTracer('t').startSpan('span ' + index).end(); ${thread} }`
      expect(await run('cjs', source, { timeoutMillis: 6_000 })).toMatchObject({ code: 0 })
      expect(sink.spanIds().size).toBe(30)
    }),
  )

  test('C14 · tasks of piscina, whose threads are parked between them, lose no span', () =>
    withSink(async (sink) => {
      const source = `${importsOf('cjs')} const { isMainThread } = require('worker_threads')
        configureOpentelemetry({ dsn: '${dsnOf(sink)}', metricsEnabled: false })
        module.exports = async (task) => { const span = () => api.trace.getTracer('t').startSpan('task ' + task).end(); span(); await null; span(); return task }
        if (isMainThread) {
          const { Piscina } = require('piscina'), pool = new Piscina({ filename: __filename, maxThreads: 2 })
          Promise.all(Array.from({ length: 50 }, (_, task) => pool.run(task))).then(() => pool.destroy())
        }`
      expect(await run('cjs', source, { aliases: { piscina: 'piscina' } })).toMatchObject({ code: 0, stderr: '' })
      expect(sink.spanIds().size).toBe(100)
    }))
})
