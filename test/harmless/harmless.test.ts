/** Programs see the same with us and without: answers, errors, orders of events, and the objects that they hand over. */
import path from 'node:path'
import { expect, test } from 'vitest'
import { runSource } from '../support/run-node.ts'

const RUNNER = JSON.stringify(path.join(import.meta.dirname, 'run.cjs'))
const CONFIGURE = `require('uptrace-node').configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', logLevel: 'none', delivery: { exitFlush: false, shutdownTimeoutMillis: 1 } })`
const env = process.env
const URLS = JSON.stringify({
  postgres: env['UPTRACE_TEST_POSTGRES_URL'],
  mysql: env['UPTRACE_TEST_MYSQL_URL'],
  redis: env['UPTRACE_TEST_REDIS_URL'],
  amqp: env['UPTRACE_TEST_AMQP_URL'],
})

async function see(setUp: string): Promise<{ seen: Map<string, unknown>; stderr: string; code: number | null }> {
  const { stdout, stderr, code } = await runSource('cjs', `${setUp}; require(${RUNNER}).run(${URLS})`, {
    timeoutMillis: 280_000,
    flags: ['--no-warnings'],
  })
  const lines = stdout.split('\n').filter((line) => line.startsWith('SEEN '))
  return { seen: new Map(lines.map((line) => JSON.parse(line.slice(5)) as [string, unknown])), stderr, code }
}

test('more than 200 programs', { timeout: 300_000 }, async () => {
  const [bare, ours] = await Promise.all([see(''), see(CONFIGURE)])
  expect(bare.seen.size).toBeGreaterThan(200)
  // a program that sees nothing says nothing
  expect(
    [...bare.seen]
      .filter(([, seen]) => (seen as unknown[]).length === 0 || JSON.stringify(seen).includes('too long'))
      .map(([name]) => name),
  ).toEqual([])
  const differing = [...bare.seen].filter(
    ([name, seen]) => JSON.stringify(seen) !== JSON.stringify(ours.seen.get(name)),
  )
  expect(differing.map(([name]) => ({ name, seen: ours.seen.get(name) }))).toEqual(
    differing.map(([name, seen]) => ({ name, seen })),
  )
  // a logger of winston without transports has ours; frames are not compared
  const linesOf = (stderr: string): string[] =>
    stderr.split('\n').filter((line) => !/^ {4}at |no transports/.test(line))
  expect([ours.code, linesOf(ours.stderr)]).toEqual([bare.code, linesOf(bare.stderr)])
})
