/** What a process that is killed has left on disk, and what several processes of one program are called. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { attributesOf, run } from './program.ts'

/** The promise is half a second; the rest is for a machine that is busy. */
const GRACE_MILLIS = 1500
const NOTE = `const now = Date.now(); made.push(now)`
const SPAN = `{ ${NOTE}; trace.getTracer('app').startSpan(String(now)).end() }`
const RECORD = `{ ${NOTE}; logs.getLogger('app').emit({ body: String(now) }) }`
const tell = (end: string): string => `process.stdout.write(JSON.stringify({ made, until: Date.now() })); ${end}`
const KILL = `process.kill(process.pid, 'SIGKILL')`
const SLOWLY = { OTEL_BSP_SCHEDULE_DELAY: '10000', OTEL_BLRP_SCHEDULE_DELAY: '10000' }
test.concurrent.for<[title: string, make: string, end: string]>([
  ['spans, 50 a second', `setInterval(() => ${SPAN}, 20)`, KILL],
  ['log records, 50 a second', `setInterval(() => ${RECORD}, 20)`, KILL],
  ['a single span', SPAN, KILL],
  [
    'spans that are made while the loop is busy now and then',
    `setInterval(() => { ${SPAN}; const until = Date.now() + 150; while (Date.now() < until); }, 200)`,
    KILL,
  ],
  ['spans, process.abort()', `setInterval(() => ${SPAN}, 20)`, 'process.abort()'],
])('C41 · spool, %s: what is older than a moment survives', async ([, make, end]) => {
  const configure = `configureOpentelemetry({ dsn: '$DSN', runtimeMetrics: false, metricsEnabled: false, instrumentations: { undici: false } })`
  const program = `const made = []
if (process.env.KILLED) { ${configure}; ${make}; setTimeout(() => { ${tell(end)} }, 2600) }
else require('child_process').spawn(process.execPath, [__filename], { env: { ...process.env, KILLED: '1' }, stdio: ['ignore', 'inherit', 'ignore'] }).on('exit', async () => {
  await fetch('$URL/next'); ${configure}; setTimeout(() => forceFlush().then(() => process.exit()), 1000)
})`
  const spoolDirectory = path.join(mkdtempSync(path.join(tmpdir(), 'later-spool-')), 'spool')
  const ran = await run(program, {
    options: null,
    env: { UPTRACE_SPOOL_DIRECTORY: spoolDirectory, ...SLOWLY },
    onSink: (sink) => {
      sink.behaviour = () => (sink.requests.some((request) => request.path === '/next') ? 'ok' : 'hang')
    },
  })
  const { made, until } = JSON.parse(ran.stdout) as { made: number[]; until: number }
  const found = new Set([
    ...ran.sink.items('traces').map(({ name }) => Number(name)),
    ...ran.sink.items('logs').map(({ body }) => Number(body.stringValue)),
  ])
  const old = made.filter((time) => time <= until - GRACE_MILLIS)
  expect(old).not.toEqual([])
  expect(old.filter((time) => !found.has(time))).toEqual([])
})

const NAME = `configureOpentelemetry({ dsn: '$DSN', runtimeMetrics: false }); withSpan('s', () => {})`
const PLACES: Record<string, string> = {
  'a cluster': `const cluster = require('cluster'); ${NAME}; if (cluster.isPrimary) cluster.fork().on('exit', () => process.exit()); else process.exit()`,
  'a fork': `${NAME}; if (process.send) process.disconnect(); else require('child_process').fork(__filename)`,
  'a child by process.execPath': `${NAME}; if (!process.env.CHILD) require('child_process').spawn(process.execPath, [__filename], { env: { ...process.env, CHILD: '1' }, stdio: 'inherit' })`,
  'a cluster of two': `const cluster = require('cluster'); ${NAME}; let left = 2; if (cluster.isPrimary) for (let i = 0; i < 2; i++) cluster.fork().on('exit', () => --left || process.exit()); else process.exit()`,
}
/** As a shell starts it, which finds it in the PATH. */
const BY_NAME = { node: 'bash', flags: ['-c', `exec -a node "${process.execPath}" "$0"`] }
test.concurrent.for(Object.entries(PLACES))(
  'C45 · %s of a program without a name is one service',
  async ([title, body]) => {
    const { sink } = await run(body, { options: null, ...BY_NAME })
    const names = sink.received.map(({ request }) => {
      const [group] = request.resourceSpans ?? request.resourceMetrics ?? request.resourceLogs
      return attributesOf(group.resource)['service.name']
    })
    expect(sink.items('traces')).toHaveLength(title === 'a cluster of two' ? 3 : 2)
    expect([...new Set(names)]).toHaveLength(1)
  },
)
