/** The ways a process can end, as programs: with telemetry, and bare to compare with. */
import type { RunOptions, RunResult } from '../support/run-node.ts'
import { runSource } from '../support/run-node.ts'
import type { Sink } from './sink.ts'

export const SPANS = 1000
export const LOGS = 100
export const COUNT = 50

export interface Ending {
  /** What the program does once it has made its telemetry. */
  readonly end: string
  readonly kind?: 'cjs' | 'mjs'
  /** Where the work is done, when not in the main thread of the process itself. */
  readonly place?: 'worker' | 'fork' | 'cluster'
  /** What the main thread does besides, where the work is done in a worker. */
  readonly main?: string
  /** Half of the work is done by `end` itself. */
  readonly worksLater?: boolean
  /** The thread ends before a line of ours could collect them. */
  readonly losesMetrics?: boolean
}

const STAY = 'setInterval(() => {}, 1000)'
const raise = (signal: string): string => `${STAY}; process.kill(process.pid, '${signal}')`

export const ENDINGS: Record<string, Ending> = {
  'natural end': { end: '' },
  'natural end, work in beforeExit': { end: `process.once('beforeExit', () => work())`, worksLater: true },
  'process.exit(3)': { end: 'process.exit(3)' },
  'process.exitCode = 4': { end: 'process.exitCode = 4' },
  'exit with a request in flight': {
    end: 'flush(); setTimeout(() => { work(); process.exit(3) }, 5)',
    worksLater: true,
  },
  'work in an exit listener': {
    end: `process.on('exit', () => work()); setTimeout(() => process.exit(3), 5)`,
    worksLater: true,
  },
  'work in an exit listener of the same tick': {
    end: `process.on('exit', () => work()); process.exit(3)`,
    worksLater: true,
  },
  'exit in an exit listener': { end: `process.on('exit', () => { work(); process.exit(6) })`, worksLater: true },
  'uncaught error': { end: `throw new Error('boom')` },
  'uncaught error, work in an exit listener': {
    end: `process.on('exit', () => work()); throw new Error('boom')`,
    worksLater: true,
  },
  'uncaught error, later': { end: `setTimeout(() => { throw new Error('boom') }, 5)` },
  'uncaught error, handled': {
    end: `process.on('uncaughtException', () => {}); setTimeout(() => work(), 20); throw new Error('boom')`,
    worksLater: true,
  },
  'uncaught error, handler exits': {
    end: `process.on('uncaughtException', () => { work(); process.exit(7) }); throw new Error('boom')`,
    worksLater: true,
  },
  'unhandled rejection': { end: `Promise.reject(new Error('boom'))` },
  ...Object.fromEntries(
    ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM'].map((signal) => [signal, { end: raise(signal) }]),
  ),
  'SIGTERM, own handler': { end: `process.on('SIGTERM', () => process.exit(4)); ${raise('SIGTERM')}` },
  'SIGINT twice': { end: `${raise('SIGINT')}; setTimeout(() => process.kill(process.pid, 'SIGINT'), 5)` },
  'removeAllListeners, SIGTERM': { end: `process.removeAllListeners(); ${raise('SIGTERM')}` },
  'removeAllListeners, process.exit': { end: `process.removeAllListeners(); setTimeout(() => process.exit(3), 5)` },
  'top-level await that never settles': { end: 'await new Promise(() => {})', kind: 'mjs' },
  'shutdown not awaited': { end: 'stop(); process.exit(0)' },
  'worker that ends': { end: '', place: 'worker' },
  'worker that exits': { end: 'process.exit(0)', place: 'worker' },
  'worker with an uncaught error': {
    end: `throw new Error('boom')`,
    place: 'worker',
    main: `worker.on('error', () => {})`,
  },
  'worker.terminate()': {
    end: `setImmediate(() => require('worker_threads').parentPort.postMessage('done')); ${STAY}`,
    place: 'worker',
    main: `worker.on('message', () => worker.terminate())`,
  },
  'worker.terminate() within the statement': {
    end: `require('worker_threads').parentPort.postMessage('done'); for (;;);`,
    place: 'worker',
    main: `worker.on('message', () => worker.terminate())`,
    losesMetrics: true,
  },
  'worker that is parked, process.exit': {
    end: `Promise.resolve().then(() => { require('worker_threads').parentPort.postMessage('done'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) })`,
    place: 'worker',
    main: `worker.on('message', () => process.exit(5))`,
  },
  fork: { end: '', place: 'fork' },
  'cluster worker': { end: 'process.exit(0)', place: 'cluster' },
}

const PLACES: Record<NonNullable<Ending['place']>, (main: string) => string> = {
  worker: (main) =>
    `const { isMainThread, Worker } = require('worker_threads'); if (isMainThread) { const worker = new Worker(__filename); ${main} } else run()`,
  fork: () => `if (process.send) { run(); process.disconnect() } else require('child_process').fork(__filename)`,
  cluster: () =>
    `const cluster = require('cluster'); if (cluster.isPrimary) cluster.fork().on('exit', () => process.exit()); else run()`,
}

/** Bare when there is no DSN: the same lines at the same places, so that the frames of a crash are the same. */
export function programOf({ end, kind, place, main, worksLater }: Ending, dsn: string | undefined, more = ''): string {
  const setUp = dsn ? `configureOpentelemetry({ dsn: '${dsn}', runtimeMetrics: false${more} })` : ''
  const tools = dsn
    ? `const { configureOpentelemetry, withSpan, forceFlush: flush, shutdown: stop } = load('uptrace-node'), { metrics } = load('@opentelemetry/api'), { logs } = load('@opentelemetry/api')`
    : 'const withSpan = (name, run) => run(), flush = () => {}, stop = () => {}'
  const load =
    kind === 'mjs'
      ? `import { createRequire } from 'node:module'; const load = createRequire(import.meta.url)`
      : 'const load = require'
  const parts = worksLater ? 2 : 1
  return `${load}; ${tools}
${place === 'worker' ? `if (require('worker_threads').isMainThread) { ${setUp} }` : ''}
let made = 0
function work() {
  for (let index = 0; index < ${SPANS / parts}; index++) withSpan('span ' + index, () => {})
  const counter = ${dsn ? `metrics.getMeter('app').createCounter('made')` : '{ add() {} }'}, logger = ${dsn ? `logs.getLogger('app')` : '{ emit() {} }'}
  counter.add(${COUNT / parts}); for (let index = 0; index < ${LOGS / parts}; index++) logger.emit({ body: 'record ' + made++ })
}
${kind === 'mjs' ? '' : 'function run() {'}
  ${setUp}
  work()
  ${end}
${kind === 'mjs' ? '' : '}'}
${kind === 'mjs' ? '' : place ? PLACES[place](main ?? '') : 'run()'}`
}

export const runEnding = (
  ending: Ending,
  dsn: string | undefined,
  options: RunOptions = {},
  more = '',
): Promise<RunResult> => runSource(ending.kind ?? 'cjs', programOf(ending, dsn, more), options)

export interface Delivered {
  readonly spans: number
  readonly logs: number
  readonly count: number
}

/** What came twice, as delivery is at least once, counts once. */
export function deliveredTo(sink: Sink): Delivered {
  const distinct = (texts: readonly unknown[]): number => new Set(texts).size
  const points = sink
    .items('metrics')
    .filter(({ name }) => name === 'made')
    .flatMap(({ sum }) => sum.dataPoints)
  return {
    spans: distinct(
      sink
        .items('traces')
        .filter(({ name }) => name.startsWith('span '))
        .map(({ spanId }) => spanId),
    ),
    logs: distinct(
      sink
        .items('logs')
        .map(({ body }) => body?.stringValue)
        .filter((text) => text?.startsWith('record ')),
    ),
    count: [...new Map(points.map((point) => [String(point.timeUnixNano), point])).values()].reduce(
      (total: number, point) => total + Number(point.asInt ?? point.asDouble),
      0,
    ),
  }
}

export const isComplete = ({ spans, logs, count }: Delivered, { losesMetrics }: Ending): boolean =>
  spans === SPANS && logs === LOGS && (count === COUNT || losesMetrics === true)

/** What a crash says, whatever folder the program was in. */
export const sameText = (stderr: string): string => stderr.replace(/\S*\/p-\w+\//g, '')
