/** Commands of ioredis: our own code against OpenTelemetry's instrumentation, on a real server. */
import { expect, test } from 'vitest'
import { redisText } from '../../../src/instrument/db/redis-text.ts'
import { comparable, type Outcome, programOf, runUnder, type SpanSeen, type Way } from '../differential.ts'

const PROGRAM = `
const Class = Redis.Redis ?? Redis
const say = (name, value) => console.log(name + ' ' + JSON.stringify(value))
const tracer = trace.getTracer('app'); const here = (name) => tracer.startSpan(name).end()
const key = 'hot:' + Math.random().toString(36).slice(2, 4) ; const fixed = 'hot:key'
const settle = async (name, make) => { try { const result = await make(); here('after ' + name); say(name, result) } catch (error) { here('after ' + name); say(name, [error.name, error.message, Object.keys(error).sort()]) } }
const run = async (label, redis) => {
  await settle(label + ' set', () => redis.set(fixed, 'secret')); await settle(label + ' get', () => redis.get(fixed)); await settle(label + ' getBuffer', () => redis.getBuffer(fixed))
  await settle(label + ' del', () => redis.del(fixed, 'hot:other')); await settle(label + ' hset', () => redis.hset(fixed, 'field', 'value', 'more', 'values')); await settle(label + ' hgetall', () => redis.hgetall(fixed))
  await settle(label + ' wrong type', () => redis.get(fixed)); await settle(label + ' mset', () => redis.mset('hot:a', 1, 'hot:b', 2)); await settle(label + ' echo', () => redis.echo('secret'))
  await settle(label + ' call', () => redis.call('SET', fixed, 'x', 'PX', '1000')); await settle(label + ' unknown', () => redis.call('NOPE', 'a')); await settle(label + ' arguments', () => redis.set(fixed))
  await settle(label + ' eval', () => redis.eval('return ARGV[1]', 1, fixed, 'argument')); await settle(label + ' eval error', () => redis.eval('return redis.error_reply("no")', 0))
  await settle(label + ' pipeline', () => redis.pipeline().set(fixed, 1).incr(fixed).lpush(fixed, 2).exec().then((all) => all.map(([error, value]) => [error?.message, value])))
  await settle(label + ' multi', () => redis.multi().set(fixed, 1).incr(fixed).get(fixed).exec()); await settle(label + ' multi error', () => redis.multi().set(fixed).exec().catch((error) => error.message))
  await settle(label + ' multi alone', async () => { await redis.multi({ pipeline: false }); await redis.set(fixed, 5); return redis.exec() })
  await new Promise((resolve) => redis.get(fixed, (error, value) => { here('callback'); say('callback', value); resolve() }))
  redis.defineCommand('twice', { numberOfKeys: 1, lua: 'return ARGV[1] * 2' }); await settle(label + ' script', () => redis.twice(fixed, 21)); await settle(label + ' script again', () => redis.twice(fixed, 4))
}
const url = process.env.UPTRACE_TEST_REDIS_URL
const redis = new Class(url, { disableClientInfo: true }); await new Promise((resolve) => redis.once('ready', resolve)); await run('alone', redis)
await tracer.startActiveSpan('outer', async (span) => { await run('inside', redis); await Promise.all([1, 2, 3].map(() => redis.get(fixed))); span.end() })
const lazy = new Class(url, { lazyConnect: true, disableClientInfo: true, keyPrefix: 'hot:' }); await lazy.connect(); await settle('prefixed', () => lazy.get('key')); await settle('auto', () => lazy.ping())
for (const bad of [undefined, 1, 'get']) { try { const result = await Promise.race([redis.sendCommand(bad), new Promise((resolve) => setTimeout(resolve, 50, 'nothing'))]); say('bad ' + bad, result) } catch (error) { say('bad ' + bad, error.message) } }
const off = new Class({ port: 3, retryStrategy: null, lazyConnect: true, enableOfflineQueue: false }); off.on('error', () => {}); await settle('refused', () => off.connect()); await settle('not there', () => off.get('x'))
await redis.del(fixed); await redis.quit(); lazy.disconnect(); await settle('ended', () => redis.get(fixed))
`
const LIBRARIES = [['Redis', 'ioredis']] as const
/** What the conventions want of spans that fail, and OpenTelemetry's instrumentation leaves out. */
const withoutNew = (span: SpanSeen): SpanSeen => {
  const { 'error.type': _, 'db.response.status_code': __, ...attributes } = span.attributes
  return { ...span, attributes }
}
const spansOf = ({ spans }: Outcome): SpanSeen[] =>
  spans.filter(({ scope }) => /^app|-ioredis@/.test(scope)).map(withoutNew)

test.for(['cjs', 'mjs', 'late'] as Way[])(
  'the same spans, contexts, results and errors: %s',
  { timeout: 120_000 },
  async (way, { skip }) => {
    if (process.env['UPTRACE_TEST_REDIS_URL'] === undefined) skip()
    const source = programOf(way, LIBRARIES, PROGRAM)
    const [ours, theirs] = await Promise.all([
      runUnder({}, way, source.replaceAll('hot:', 'hot:1:')),
      runUnder(
        { ioredis: { responseHook: undefined, requireParentSpan: false } },
        way,
        source.replaceAll('hot:', 'hot:2:'),
      ),
    ])
    const unnumbered = (text: string): string => text.replaceAll(/hot:[12]:/g, 'hot:')
    expect(theirs.spans.length).toBeGreaterThan(100)
    expect(ours.lines.map(unnumbered)).toEqual(theirs.lines.map(unnumbered))
    expect(comparable(spansOf(ours)).map(unnumbered).sort()).toEqual(comparable(spansOf(theirs)).map(unnumbered).sort())
  },
)

test('commands show as many arguments as upstream shows', async () => {
  const { createRequire } = await import('node:module')
  const load = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/instrumentation-ioredis'))
  const { defaultDbStatementSerializer } = load('@opentelemetry/redis-common') as {
    defaultDbStatementSerializer(name: string, args: unknown[]): string
  }
  const names =
    'get set SET hset hmset del echo lpush config acl client eval evalsha zadd zrange xadd mset nope info ping expire'.split(
      ' ',
    )
  const lists = [[], ['a'], ['a', 'b'], ['a', 'b', 'c'], [Buffer.from('a'), 1, null], [undefined]]
  for (const name of names)
    for (const args of lists) expect(redisText(name, args)).toBe(defaultDbStatementSerializer(name, [...args]))
})

test('a server that does not know what the library tells of itself makes no error', async ({ skip }) => {
  if (process.env['UPTRACE_TEST_REDIS_URL'] === undefined) skip()
  const body = `const redis = new (Redis.Redis ?? Redis)(process.env.UPTRACE_TEST_REDIS_URL); await new Promise((resolve) => redis.once('ready', resolve)); await redis.client('SETINFO', 'lib-name', 'two words').catch(() => {}); await redis.client('NOPE').catch(() => {}); await redis.quit()`
  const { spans } = await runUnder({}, 'cjs', programOf('cjs', LIBRARIES, body))
  const codes = spans.filter(({ name }) => name === 'client').map(({ status }) => status.code)
  expect(codes.length).toBeGreaterThan(2)
  // only the one that the application gets to see
  expect(codes.filter((code) => code === 2)).toHaveLength(1)
})
