/** Every way a process can end, many times, on every Node line: 2,000 spans each, from the built package. `npm run test:exits [-- rounds]` */
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runSource } from '../support/run-node.ts'
import { startSink } from './sink.ts'

const ROUNDS = Number(process.argv[2] ?? 20)
const SPANS = 2000
const NODES = [22, 24, 26].map((major) => ({
  major,
  node: major === 24 ? process.execPath : path.join(import.meta.dirname, `../../.cache/nodes/${major}/node`),
}))

interface Ending {
  readonly end: string
  readonly code?: number
  readonly signal?: NodeJS.Signals
  /** Where the work is done, when not in the main thread of the process itself. */
  readonly place?: 'worker' | 'fork' | 'cluster'
}

const ENDINGS: Record<string, Ending> = {
  'natural end': { end: '', code: 0 },
  'process.exit(3)': { end: 'process.exit(3)', code: 3 },
  'exit with a request in flight': { end: 'forceFlush(); setTimeout(() => { work(); process.exit(3) }, 5)', code: 3 },
  'uncaught error': { end: `throw new Error('boom')`, code: 1 },
  'uncaught error, later': { end: `setTimeout(() => { throw new Error('boom') }, 5)`, code: 1 },
  'unhandled rejection': { end: `Promise.reject(new Error('boom'))`, code: 1 },
  SIGTERM: { end: `setTimeout(() => {}, 5000); process.kill(process.pid, 'SIGTERM')`, signal: 'SIGTERM' },
  'SIGTERM, own handler': {
    end: `setTimeout(() => {}, 5000); process.on('SIGTERM', () => process.exit(4)); process.kill(process.pid, 'SIGTERM')`,
    code: 4,
  },
  SIGINT: { end: `setTimeout(() => {}, 5000); process.kill(process.pid, 'SIGINT')`, signal: 'SIGINT' },
  'worker thread': { end: '', code: 0, place: 'worker' },
  fork: { end: '', code: 0, place: 'fork' },
  'cluster worker': { end: 'process.exit(0)', code: 0, place: 'cluster' },
}

const PLACES: Record<NonNullable<Ending['place']>, string> = {
  worker: `const { isMainThread, Worker } = require('worker_threads'); if (isMainThread) new Worker(__filename); else run()`,
  fork: `if (process.send) { run(); process.disconnect() } else require('child_process').fork(__filename)`,
  cluster: `const cluster = require('cluster'); if (cluster.isPrimary) cluster.fork().on('exit', () => process.exit()); else run()`,
}

function programOf({ end, place }: Ending, dsn: string, more = ''): string {
  return `const { configureOpentelemetry, withSpan, forceFlush } = require('uptrace-node')
function work() { for (let index = 0; index < ${SPANS / 2}; index++) withSpan('span ' + index, () => {}) }
function run() {
  configureOpentelemetry({ dsn: '${dsn}', metricsEnabled: false${more} })
  work()
  ${end.includes('work()') ? '' : 'work()'}
  ${end}
}
${place ? PLACES[place] : 'run()'}`
}

let failures = 0
const fail = (text: string): void => {
  failures++
  console.log(`  FAILED ${text}`)
}

async function deliversAll(name: string, ending: Ending, node: string): Promise<number> {
  let good = 0
  for (let round = 0; round < ROUNDS; round++) {
    const sink = await startSink()
    const result = await runSource('cjs', programOf(ending, `http://t@127.0.0.1:${sink.port}`), { node })
    const isEnd = ending.signal ? result.signal === ending.signal : result.code === ending.code
    // the span that carries an uncaught error comes on top
    if (isEnd && sink.items('traces').filter((span) => span.name.startsWith('span ')).length === SPANS) good++
    else
      fail(
        `${name}: ${sink.spanIds().size} spans, code ${result.code}, signal ${result.signal} ${result.stderr.slice(0, 300)}`,
      )
    await sink.close()
  }
  return good
}

/** With nobody listening the process still ends in time, and the spool has everything at the next start. */
async function survivesOutage(name: string, ending: Ending, node: string): Promise<string> {
  const sink = await startSink()
  const dsn = `http://t@127.0.0.1:${sink.port}`
  await sink.stop()
  const plain = await runSource('cjs', programOf(ending, dsn), { node })
  if (plain.millis > 2500 + 500) fail(`${name}, back end down: ended after ${Math.round(plain.millis)} ms`)
  const directory = mkdtempSync(path.join(tmpdir(), 'spool-'))
  const spooled = await runSource('cjs', programOf(ending, dsn, `, spoolDirectory: '${directory}'`), { node })
  await sink.start()
  await runSource(
    'cjs',
    `require('uptrace-node').configureOpentelemetry({ dsn: '${dsn}', metricsEnabled: false, spoolDirectory: '${directory}' }); setTimeout(() => {}, 1500)`,
    { node },
  )
  const replayed = sink.items('traces').filter((span) => span.name.startsWith('span ')).length
  if (replayed < SPANS)
    fail(`${name}, spool: ${replayed} of ${SPANS} after the next start; ${spooled.stderr.slice(0, 300)}`)
  await sink.close()
  return `${Math.round(plain.millis)} ms, ${replayed}/${SPANS}`
}

for (const { major, node } of NODES) {
  if (!existsSync(node)) {
    console.log(`skipped: Node ${major} is not installed (scripts/install-nodes.sh installs it)`)
    continue
  }
  console.log(`\nNode ${major}: ${SPANS} spans, rounds with all of them; back end down: end after, with a spool`)
  for (const [name, ending] of Object.entries(ENDINGS)) {
    const good = await deliversAll(name, ending, node)
    const outage = ending.place ? '' : await survivesOutage(name, ending, node)
    console.log(`${name.padEnd(32)}${`${good}/${ROUNDS}`.padEnd(10)}${outage}`)
  }
}
console.log(failures === 0 ? '\nall endings delivered everything' : `\n${failures} failures`)
process.exitCode = failures === 0 ? 0 : 1
