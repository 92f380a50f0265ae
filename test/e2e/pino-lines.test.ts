/** What a line of pino holds in the end is what its record holds, and the ids of the active span are in it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { type RunOptions, runSource } from '../support/run-node.ts'
import { attributesOf, plain } from '../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

interface Outcome {
  readonly lines: string[]
  readonly records: ReturnType<Sink['items']>
  readonly span: ReturnType<Sink['items']>[number]
  readonly stderr: string
}

/** `body` runs in a span. */
async function run(loggerOptions: string, body: string, options: RunOptions, more = ''): Promise<Outcome> {
  const source = `const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node')
    configureOpentelemetry({ dsn: 'http://t@localhost:${sink.port}', metricsEnabled: false, ${more} })
    const pino = require('pino'); const log = pino(${loggerOptions}); withSpan('work', () => { ${body} }); shutdown()`
  const { code, stdout, stderr } = await runSource('cjs', source, options)
  expect(code).toBe(0)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return { lines, records: sink.items('logs'), span: sink.items('traces')[0], stderr }
}

describe.for(['pino-8', 'pino-9', 'pino'])('%s', (version) => {
  const options: RunOptions = { aliases: { pino: version } }
  const hasHook = version !== 'pino-8'

  const testOfHook = hasHook ? test : () => {}
  testOfHook('the hook that writes a line masks its record as well, and is called once a line', async () => {
    const { lines, records, span } = await run(
      `(globalThis.own = { hooks: { streamWrite: (line) => { globalThis.count = (globalThis.count ?? 0) + 1; return line.replaceAll('4111', '****') } } })`,
      `const child = log.child({ card: '4111 1' }); log.info({ card: '4111 2' }, 'paid by 4111'); child.warn('again 4111'); log.info('done ' + globalThis.count)`,
      options,
    )
    expect(JSON.stringify(records)).not.toContain('4111')
    expect(records.map(({ body }) => plain(body))).toEqual(['paid by ****', 'again ****', 'done 2'])
    expect(attributesOf(records[0]!)).toEqual({ card: '**** 2' })
    expect(attributesOf(records[1]!)).toEqual({ card: '**** 1' })
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ trace_id: span!.traceId, span_id: span!.spanId })
  })

  test('names of ids that are nested, or in a text, are none of the line', async () => {
    const { lines, records, span } = await run(
      '',
      `log.info({ upstream: { trace_id: 'abc', span_id: 'def' } }); log.info('"trace_id":"x"'); log.child({ inner: { trace_flags: '00' } }).info({ text: '{"span_id":1}' }, 'text')`,
      options,
    )
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ trace_id: span!.traceId, span_id: span!.spanId, trace_flags: '03' })
    expect(attributesOf(records[0]!)).toEqual({ upstream: { trace_id: 'abc', span_id: 'def' } })
  })

  test('an id field of the application is kept, in the line and in the record, with ours beside it', async () => {
    const { lines, records, span } = await run(
      '',
      `log.info({ trace_id: 'mine' }, 'a'); log.child({ span_id: 7 }).info('b'); log.info({ trace_flags: null }, 'c')`,
      options,
    )
    expect(JSON.parse(lines[0]!)).toMatchObject({ trace_id: 'mine', span_id: span!.spanId, trace_flags: '03' })
    expect(JSON.parse(lines[1]!)).toMatchObject({ trace_id: span!.traceId, span_id: 7 })
    expect(lines[1]!.match(/"span_id"/g)).toHaveLength(1)
    expect(attributesOf(records[0]!)).toEqual({ trace_id: 'mine' })
    expect(attributesOf(records[1]!)).toEqual({ span_id: 7 })
    expect(records.map(({ traceId }) => traceId)).toEqual(Array(3).fill(span!.traceId))
  })

  test('a time that is none stays a field, and otel.event.name names the event', async () => {
    const { records } = await run(
      '',
      `log.info({ time: '5 minutes' }, 'a'); log.info({ 'otel.event.name': 'order.placed', id: 1 }, 'b')`,
      options,
    )
    expect(attributesOf(records[0]!)).toEqual({ time: '5 minutes' })
    expect(records[1]).toMatchObject({ eventName: 'order.placed' })
    expect(attributesOf(records[1]!)).toEqual({ id: 1 })
    const odd = await run('{ timestamp: () => ",\\"time\\":\\"at noon\\"" }', `log.info('c')`, options)
    expect(attributesOf(odd.records.at(-1)!)).toEqual({ time: 'at noon' })
  })

  test('a line that is no JSON is sent as text, with one warning', async () => {
    const { lines, records, stderr } = await run(
      '{ timestamp: () => " at noon" }',
      `log.info('a'); log.warn('b')`,
      options,
    )
    expect(lines).toHaveLength(2)
    expect(records.map(({ body }) => String(plain(body)))).toEqual([
      expect.stringContaining(' at noon'),
      expect.stringContaining('"msg":"b"'),
    ])
    expect(stderr.match(/lines that are no JSON/g)).toHaveLength(1)
  })

  test('lines made of plain parts and lines that are parsed give the same records', async () => {
    const values = `{ text: 'a "quoted" \\\\ text\\n\\u2028é', number: 1.5, negative: -0, yes: true, no: false, empty: '' }`
    const calls = `log.info(${values}, 'plain'); log.child({ module: 'orders', level: 'x' }).child({ n: 2 }).info(${values}); log.info('%s of %d', 'one', 2); log.info({ get trap() { return 'own' } }, 'x'); log.info({ msg: 'first', pid: 7 }, 'second'); log.info({ nan: NaN, fn() {}, none: undefined, sym: Symbol('s'), big: 12n }, 'odd'); log.info(Object.create({ inherited: 1 }), 'none')`
    const direct = await run('{ base: { app: "shop" } }', calls, options)
    const before = direct.records.length
    const parsed = await run(`{ base: { app: "shop" }, formatters: { log: (object) => object } }`, calls, options)
    const content = ({ attributes, body, severityNumber, severityText }: (typeof direct.records)[number]) => ({
      attributes: attributesOf({ attributes }),
      body,
      severityNumber,
      severityText,
    })
    expect(before).toBe(7)
    expect(parsed.records.slice(before).map(content)).toEqual(direct.records.slice(0, before).map(content))
  })
})
