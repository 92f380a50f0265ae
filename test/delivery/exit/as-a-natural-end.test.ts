/** At `process.exit()` a back end is trusted, judged and spoken of as at a natural end: what test/core/exit-as-natural.test.ts leaves. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type Behaviour, type Sink, startSink } from '../../faults/sink.ts'
import { createTls } from '../../faults/tls.ts'
import { type RunOptions, type RunResult, runSource } from '../../support/run-node.ts'

const SPANS = 20
const ENDS = {
  'process.exit()': 'process.exit(3)',
  'a natural end': '',
  'an uncaught error': `throw new Error('boom')`,
}

let sink: Sink | undefined
afterEach(() => sink?.close().catch(() => {}))

const run = (dsn: string, end: string, options: RunOptions = {}, before = '', more = ''): Promise<RunResult> =>
  runSource(
    'cjs',
    `${before}
const { configureOpentelemetry, withSpan } = require('uptrace-node')
configureOpentelemetry({ dsn: '${dsn}', metricsEnabled: false, loggingEnabled: false, captureUncaught: false${more} })
for (let index = 0; index < ${SPANS}; index++) withSpan('span ' + index, () => {})
${end}`,
    options,
  )

const linesOf = ({ stderr }: RunResult): string[] => stderr.split('\n').filter((line) => line.startsWith('uptrace:'))

describe('a certificate that the process trusts', () => {
  const { key, cert, ca } = createTls()
  const authority = path.join(mkdtempSync(path.join(tmpdir(), 'trust-')), 'ca.pem')
  writeFileSync(authority, ca)
  test.for<[string, RunOptions, string]>([
    ['NODE_EXTRA_CA_CERTS', { env: { NODE_EXTRA_CA_CERTS: authority } }, ''],
    ['--use-openssl-ca', { flags: ['--use-openssl-ca'], env: { SSL_CERT_FILE: authority } }, ''],
  ])('%s', async ([, options, before]) => {
    sink = await startSink({ tls: { key, cert } })
    const dsn = `https://t@127.0.0.1:${sink.port}`
    const natural = await run(dsn, '', options, before)
    const atNaturalEnd = sink.spanIds().size
    const exit = await run(dsn, 'process.exit(3)', options, before)
    expect(linesOf(exit)).toEqual(linesOf(natural))
    expect([atNaturalEnd, sink.spanIds().size]).toEqual([SPANS, 2 * SPANS])
  })

  test('minimum TLS version set by code', async () => {
    sink = await startSink({ tls: { key, cert } })
    const before = `require('tls').DEFAULT_MIN_VERSION = 'TLSv1.3'`
    const env = { NODE_EXTRA_CA_CERTS: authority }
    await run(`https://t@127.0.0.1:${sink.port}`, 'process.exit(3)', { env }, before)
    expect(sink.spanIds().size).toBe(SPANS)
  })
})

describe('an answer is judged alike', () => {
  test.for<[string, Behaviour, number]>([['partial success', { partial: 3, message: 'three are too old' }, SPANS]])(
    '%s',
    async ([, behaviour, arrived]) => {
      sink = await startSink()
      sink.behaviour = behaviour
      const dsn = `http://t@127.0.0.1:${sink.port}`
      const natural = await run(dsn, '')
      for (const end of [ENDS['process.exit()'], ENDS['an uncaught error']]) {
        const before = sink.spanIds().size
        const result = await run(dsn, end)
        expect(linesOf(result)).toEqual(linesOf(natural))
        expect(sink.spanIds().size - before).toBe(arrived)
      }
    },
  )

  test('503 twice, then 200: tried again', async () => {
    sink = await startSink()
    sink.behaviour = (index) => (index < 2 ? { status: 503 } : 'ok')
    await run(`http://t@127.0.0.1:${sink.port}`, 'process.exit(3)')
    expect(sink.spanIds().size).toBe(SPANS)
  })

  test.for(['process.exit(3)', '', `throw new Error('boom')`])(
    'connection refused, %s: the reason is told',
    async (end) => {
      sink = await startSink()
      await sink.stop()
      const result = await run(`http://t@127.0.0.1:${sink.port}`, end)
      expect(linesOf(result).at(-1)).toMatch(/20 spans could not be delivered in time; .*: connection refused$/)
    },
  )
})

test.for<[string, (port: number) => string, RegExp]>([
  ['a host that does not exist', () => 'http://t@no-such-host.invalid', /: host not found$/],
  ['https where http is spoken', (port) => `https://t@127.0.0.1:${port}`, /does not speak TLS as expected/],
])('%s: at process.exit() the same line as at a natural end', async ([, dsn, reason]) => {
  sink = await startSink()
  const lines = await Promise.all(['', 'process.exit(3)'].map(async (end) => linesOf(await run(dsn(sink!.port), end))))
  expect(lines[0]!.at(-1)).toMatch(reason)
  expect(lines[1]).toEqual(lines[0])
})

describe('what the user has put into the pipeline is flushed', () => {
  const before = `
const seen = []
const processor = { onStart() {}, onEnd: (span) => seen.push(span), shutdown: async () => {},
  forceFlush: async () => { require('fs').writeSync(1, seen.splice(0).length + ' ') } }`
  test.for([
    '',
    'process.exit(3)',
    `setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM')`,
    `throw new Error('boom')`,
  ])('a span processor, end %j', async (end) => {
    sink = await startSink()
    const more = ', spanProcessors: [processor]'
    const { stdout } = await run(`http://t@127.0.0.1:${sink.port}`, end, {}, before, more)
    expect(stdout.split(' ').map(Number)[0]).toBe(SPANS)
    expect(sink.spanIds().size).toBe(SPANS)
  })

  test('one that never comes to an end delays it by the limit at most', async () => {
    sink = await startSink()
    const hanging = before.replace(/forceFlush: .*/, 'forceFlush: () => new Promise(() => {}) }')
    const { code, millis } = await run(
      `http://t@127.0.0.1:${sink.port}`,
      '',
      {},
      hanging,
      ', spanProcessors: [processor]',
    )
    expect(code).toBe(0)
    expect(millis).toBeLessThan(8000)
    expect(sink.spanIds().size).toBe(SPANS)
  })
})

describe('no thread can be started at the end: the line says why, and nobody waits for it', () => {
  const PERMISSION = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*']
  const LONG = ', delivery: { exitTimeoutMillis: 10_000 }'
  const OPEN_ALL = `try { for (;;) require('fs').openSync('/dev/null') } catch {}`
  test.for<[string, RunOptions, string, RegExp]>([
    ['by the permission model', { flags: PERMISSION }, '', /permission model .* --allow-worker allows it/],
    ['for want of file descriptors', {}, OPEN_ALL, /too many open files: EMFILE/],
    [
      'as Worker throws',
      {},
      `require('worker_threads').Worker = class { constructor() { throw new Error('out of memory') } }`,
      /out of memory/,
    ],
  ])('%s', async ([, options, before, reason]) => {
    sink = await startSink()
    const { stderr, code, millis } = await run(
      `http://t@127.0.0.1:${sink.port}`,
      `${before};process.exit(3)`,
      options,
      '',
      LONG,
    )
    expect(stderr).toMatch(
      /^uptrace: 20 spans could not be delivered in time; [^\n]* no thread can be started [^\n]*\n$/,
    )
    expect(stderr).toMatch(reason)
    expect(code).toBe(3)
    expect(millis).toBeLessThan(8000)
  })

  test('with a spool all is there for the next process, and nothing is said', async () => {
    sink = await startSink()
    const spoolDirectory = path.join(mkdtempSync(path.join(tmpdir(), 'no-thread-')), 'spool')
    const more = `, delivery: { spoolDirectory: '${spoolDirectory}' }`
    const dsn = `http://t@127.0.0.1:${sink.port}`
    const { stderr } = await run(dsn, 'process.exit(3)', { flags: PERMISSION }, '', more)
    expect([stderr, sink.spanIds().size]).toEqual(['', 0])
    await run(dsn, 'setTimeout(() => {}, 500)', {}, '', more)
    expect(sink.spanIds().size).toBe(2 * SPANS)
  })
})
