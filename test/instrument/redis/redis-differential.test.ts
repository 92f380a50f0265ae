/** Commands of node-redis: our own code against OpenTelemetry's instrumentation, on a real server. */
import { expect, test } from 'vitest'
import { comparable, type Outcome, programOf, runUnder, type SpanSeen, type Way } from '../differential.ts'

const PROGRAM = `
const say = (name, value) => console.log(name + ' ' + JSON.stringify(value))
const tracer = trace.getTracer('app'); const here = (name) => tracer.startSpan(name).end()
const fixed = 'warm:key'
const settle = async (name, make) => { try { const result = await make(); here('after ' + name); say(name, result) } catch (error) { here('after ' + name); say(name, [error.name, error.message, error.constructor.name]) } }
const run = async (label, redis) => {
  await settle(label + ' set', () => redis.set(fixed, 'secret')); await settle(label + ' get', () => redis.get(fixed)); await settle(label + ' expiring', () => redis.set(fixed, 'x', { PX: 100000 }))
  await settle(label + ' del', () => redis.del([fixed, 'warm:other'])); await settle(label + ' hSet', () => redis.hSet(fixed, { field: 'value', more: 'values' })); await settle(label + ' hGetAll', () => redis.hGetAll(fixed))
  await settle(label + ' wrong type', () => redis.get(fixed)); await settle(label + ' mSet', () => redis.mSet([['warm:a', '1'], ['warm:b', '2']])); await settle(label + ' echo', () => redis.echo('secret'))
  await settle(label + ' raw', () => redis.sendCommand(['SET', fixed, 'x'])); await settle(label + ' unknown', () => redis.sendCommand(['NOPE', 'a'])); await settle(label + ' arguments', () => redis.sendCommand(['SET', fixed]))
  await settle(label + ' eval', () => redis.eval('return ARGV[1]', { keys: [fixed], arguments: ['argument'] })); await settle(label + ' eval error', () => redis.eval('return redis.error_reply("no")'))
  await settle(label + ' multi', () => redis.multi().set(fixed, '1').incr(fixed).get(fixed).exec()); await settle(label + ' alike', () => redis.multi().get(fixed).get(fixed).exec())
  await settle(label + ' pipeline', () => redis.multi().set(fixed, '1').incr(fixed).execAsPipeline()); await settle(label + ' multi error', () => redis.multi().set(fixed, 'a').incr(fixed).exec())
  await settle(label + ' scan', async () => { let count = 0; for await (const keys of redis.scanIterator({ MATCH: 'warm:*', COUNT: 100_000 })) count += keys.length > 0 ? 1 : 0; return count > 0 })
  await settle(label + ' same time', () => Promise.all([redis.get(fixed), redis.ping(), redis.strLen(fixed)]))
}
const url = process.env.UPTRACE_TEST_REDIS_URL
const redis = Redis.createClient({ url, disableClientInfo: true }); redis.on('error', () => {}); await redis.connect(); await run('alone', redis)
await tracer.startActiveSpan('outer', async (span) => { await run('inside', redis); span.end() })
const twin = redis.duplicate(); await twin.connect(); await settle('duplicate', () => twin.get(fixed))
await settle('subscribed', async () => { const heard = new Promise((resolve) => { twin.subscribe('warm:channel', resolve) }); await new Promise((resolve) => setTimeout(resolve, 100)); await redis.publish('warm:channel', 'hello'); return heard }); await twin.close()
const closed = Redis.createClient({ url }); await settle('not connected', () => closed.get('x'))
const off = Redis.createClient({ socket: { port: 3, reconnectStrategy: false } }); off.on('error', () => {}); await settle('refused', async () => { try { await off.connect() } catch (error) { return error.code ?? error.name } })
const stop = new AbortController(); stop.abort(); await settle('aborted', () => redis.withCommandOptions({ abortSignal: stop.signal }).get(fixed))
let unhandled = 0; process.on('unhandledRejection', () => { unhandled++ }); void redis.sendCommand(['NOPE']); await new Promise((resolve) => setTimeout(resolve, 100)); say('unhandled', unhandled)
await redis.del(fixed); await redis.close(); await settle('ended', () => redis.get(fixed))
`
const LIBRARIES = [['Redis', 'redis']] as const
/** What the conventions want of spans that fail, and OpenTelemetry's instrumentation leaves out. */
const withoutNew = (span: SpanSeen): SpanSeen => {
  const { 'error.type': _, 'db.response.status_code': __, ...attributes } = span.attributes
  return { ...span, attributes }
}
const spansOf = ({ spans }: Outcome): SpanSeen[] =>
  spans.filter(({ scope }) => /^app|-redis@/.test(scope)).map(withoutNew)

test.for(['cjs', 'mjs', 'late'] as Way[])(
  'the same spans, contexts, results and errors: %s',
  { timeout: 120_000 },
  async (way, { skip }) => {
    if (process.env['UPTRACE_TEST_REDIS_URL'] === undefined) skip()
    const source = programOf(way, LIBRARIES, PROGRAM)
    const [ours, theirs] = await Promise.all([
      runUnder({}, way, source.replaceAll('warm:', 'warm:1:')),
      runUnder({ redis: { requireParentSpan: false } }, way, source.replaceAll('warm:', 'warm:2:')),
    ])
    const unnumbered = (text: string): string => text.replaceAll(/warm:[12]:/g, 'warm:')
    expect(theirs.spans.length).toBeGreaterThan(80)
    expect(ours.lines.map(unnumbered)).toEqual(theirs.lines.map(unnumbered))
    expect(comparable(spansOf(ours)).map(unnumbered).sort()).toEqual(comparable(spansOf(theirs)).map(unnumbered).sort())
  },
)
