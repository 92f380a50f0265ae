/** The package's own lines: a lasting fault is said, and does not flood. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { configureLog, kindOf, logThrottled } from '../src/log.ts'

let lines: string[] = []
beforeEach(() => {
  lines = []
  const say = (line: string): void => void lines.push(line)
  configureLog({ logger: { error: say, warn: say, info: say, debug: say } })
})
afterEach(() => configureLog())

test.for<[string, string]>([
  ['Span {traceId: 4bf92f3577b34da6a3ce929d0e0e4736} ended', 'Span {traceId: 00f067aa0ba902b700f067aa0ba902b7} ended'],
  ['after 12 ms', 'after 99318 ms'],
  ['user_17 is unknown', 'user_x9 is unknown'],
  ['request 6ba7b810-9dad-11d1-80b4-00c04fd430c8 failed', 'request 7ca7b810-9dad-11d1-80b4-00c04fd430c9 failed'],
])('texts that differ by ids or numbers are one kind: %s', ([one, other]) => {
  expect(kindOf(one)).toBe(kindOf(other))
})

test('texts of other words are other kinds', () => {
  expect(kindOf('connection refused')).not.toBe(kindOf('host not found'))
})

test('a kind is said once a minute', () => {
  for (let id = 0; id < 1000; id++)
    logThrottled('warn', kindOf(`span ${id} was ended twice`), `span ${id} was ended twice`)
  expect(lines).toEqual(['span 0 was ended twice'])
})

test('making a kind of a long text takes no time', () => {
  const start = performance.now()
  for (const text of ['a'.repeat(1e6), 'a-'.repeat(5e5), '1'.repeat(1e6)]) kindOf(text)
  expect(performance.now() - start).toBeLessThan(500)
})

test('spans that are ended twice, in a loop, are one line', () => {
  const source = JSON.stringify(path.join(import.meta.dirname, '../src/index.ts'))
  const program = `
    import { trace } from '@opentelemetry/api'
    import { configureOpentelemetry } from ${source}
    const telemetry = configureOpentelemetry({ dsn: 'http://token@127.0.0.1:1', delivery: { exitTimeoutMillis: 1 } })
    for (let count = 0; count < 100; count++) {
      const span = trace.getTracer('test').startSpan('span')
      span.end()
      span.end()
      span.setAttribute('late', count)
    }
    await telemetry.shutdown({ timeoutMillis: 1 })`
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, OTEL_LOG_LEVEL: 'info' },
    cwd: path.join(import.meta.dirname, '..'),
  })
  const about = stderr.split('\n').filter((line) => /ended|end\(\)/i.test(line))
  expect(about.length, stderr.slice(0, 2000)).toBeLessThanOrEqual(4)
})
