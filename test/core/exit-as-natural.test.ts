/** `process.exit()` is as a natural end: the same back ends are trusted, and the same is said and done at their answers. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Behaviour } from '../faults/sink.ts'
import { createTls } from '../faults/tls.ts'
import type { RunOptions, RunResult } from '../support/run-node.ts'
import { importsOf, linesOf, run, withFolder, withSink } from './support.ts'

const SPANS = 20
const EXIT = 'process.exit(3)'

const end = (dsn: string, how: string, options: RunOptions = {}, before = ''): Promise<RunResult> =>
  run(
    'cjs',
    `${before}
    ${importsOf('cjs')} configureOpentelemetry({ dsn: '${dsn}', metricsEnabled: false, loggingEnabled: false })
    for (let index = 0; index < ${SPANS}; index++) api.trace.getTracer('t').startSpan('span ' + index).end()
    ${how}`,
    options,
  )

describe.concurrent('C10', () => {
  const tls = createTls()
  test.for<[string, (authority: string) => RunOptions, ((authority: string) => string)?]>([
    ['NODE_TLS_REJECT_UNAUTHORIZED=0', () => ({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } })],
    ['NODE_USE_SYSTEM_CA=1', (authority) => ({ env: { NODE_USE_SYSTEM_CA: '1', SSL_CERT_FILE: authority } })],
    ['--use-system-ca', (authority) => ({ flags: ['--use-system-ca'], env: { SSL_CERT_FILE: authority } })],
    [
      'tls.setDefaultCACertificates()',
      () => ({}),
      (authority) => `require('tls').setDefaultCACertificates([require('fs').readFileSync('${authority}', 'utf8')])`,
    ],
    [
      'process.env.NODE_TLS_REJECT_UNAUTHORIZED = 0 of the program',
      () => ({}),
      () => `process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'`,
    ],
  ])('C10 · process.exit() sends to a back end that is trusted by %s', ([, options, before]) =>
    withFolder((folder) =>
      withSink(
        async (sink) => {
          const authority = path.join(folder, 'ca.pem')
          writeFileSync(authority, tls.ca)
          const dsn = `https://t@127.0.0.1:${sink.port}`
          const result = await end(dsn, EXIT, options(authority), before?.(authority))
          expect({ code: result.code, lines: linesOf(result) }).toEqual({ code: 3, lines: [] })
          expect(sink.spanIds().size).toBe(SPANS)
        },
        { tls },
      ),
    ),
  )
})

describe.concurrent('C11', () => {
  test.for<[string, Behaviour, number]>([
    ['401', { status: 401 }, 0],
    ['404', { status: 404 }, 0],
    ['400', { status: 400 }, 0],
    ['413 to more than six spans', { maxItems: 6 }, SPANS],
    ['415 to gzip', { refuses: ['gzip'] }, SPANS],
    ['431', { status: 431 }, 0],
  ])('C11 · %s: process.exit() has the outcome and the lines of a natural end', ([, behaviour, arrived]) =>
    withSink(async (sink) => {
      sink.behaviour = behaviour
      const dsn = `http://t@127.0.0.1:${sink.port}`
      const natural = await end(dsn, '')
      const before = sink.spanIds().size
      const exit = await end(dsn, EXIT)
      expect(linesOf(exit)).toEqual(linesOf(natural))
      expect(linesOf(natural)).toHaveLength(arrived === 0 ? 1 : 0)
      expect([before, sink.spanIds().size - before]).toEqual([arrived, arrived])
    }),
  )
})
