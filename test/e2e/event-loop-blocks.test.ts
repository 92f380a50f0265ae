/** Blocks of the event loop: where, for how long, and in which span; in processes of their own. */
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const BUSY = `
  function blockTheLoop(millis) {
    const end = performance.now() + millis
    while (performance.now() < end);
  }
  const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))`
const start = (options: string): string => `
  const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node')
  configureOpentelemetry({ dsn: 'http://t@localhost:${sink.port}', ${options} })
  ${BUSY}`
const METRIC = 'nodejs.eventloop.block.duration'
const blocks = () => sink.items('logs').filter(({ eventName }) => eventName === 'event_loop.block')
const metric = () => sink.items('metrics').find(({ name }) => name === METRIC)

test('a block is a record and an event on the active span with file and line, and a metric; not what is shorter', async () => {
  const { code, stderr } = await runSource(
    'cjs',
    `${start('eventLoopBlocks: { thresholdMillis: 100 }')}
    ;(async () => {
      await sleep(500)
      withSpan('short', () => blockTheLoop(20))
      await sleep(300)
      withSpan('long', () => blockTheLoop(600))
      await sleep(200)
      await shutdown()
    })()`,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const span = sink.items('traces').find(({ name }) => name === 'long')
  const short = sink.items('traces').find(({ name }) => name === 'short')
  const ofSpan = blocks().filter(({ spanId }) => spanId === span.spanId)
  expect(ofSpan).toHaveLength(1)
  const [record] = ofSpan
  expect(record).toMatchObject({ traceId: span.traceId, severityNumber: 13 })
  const attributes = attributesOf(record)
  expect(attributes['code.function.name']).toBe('blockTheLoop')
  expect(path.isAbsolute(String(attributes['code.file.path']))).toBe(true)
  expect(attributes['code.line.number']).toBeGreaterThan(3)
  expect(attributes['code.stacktrace']).toMatch(/blockTheLoop[\s\S]*withSpan/)
  expect(attributes['event_loop.block.duration_ms']).toBeGreaterThan(400)
  expect(record.body.stringValue).toMatch(/^the event loop was blocked for \d+ ms at blockTheLoop \(.+:\d+:\d+\)$/)
  const events = span.events.filter(({ name }: { name: string }) => name === 'event_loop.block')
  expect(events).toHaveLength(1)
  expect(attributesOf(events[0])).toMatchObject({
    'code.function.name': 'blockTheLoop',
    'code.line.number': attributes['code.line.number'],
  })
  expect(short.events ?? []).toEqual([])
  const [point] = metric().histogram.dataPoints
  expect(Number(point.count)).toBeGreaterThan(0)
  expect(point.max).toBeGreaterThan(0.4)
}, 30_000)

test('is off unless asked, on by the variable, and a program ends as soon as without', async () => {
  const source = (options: string) => `${start(options)}
    withSpan('work', () => {})
    sleep(200).then(() => { blockTheLoop(500); return sleep(100) }).then(() => { process.exitCode = 3 })`
  const off = await runSource('cjs', source(''))
  expect(blocks()).toEqual([])
  expect(metric()).toBeUndefined()
  const on = await runSource('cjs', source(''), { env: { UPTRACE_EVENT_LOOP_BLOCKS: '100' } })
  expect(blocks().length).toBeGreaterThan(0)
  expect([off.code, on.code]).toEqual([3, 3])
  expect(on.millis - off.millis).toBeLessThan(3_000)
}, 30_000)

test('with a debugger attached one line says that nothing is watched', async () => {
  const { code, stderr } = await runSource(
    'cjs',
    `${start('eventLoopBlocks: { thresholdMillis: 100 }')}
    sleep(500).then(() => { blockTheLoop(400); return sleep(200) }).then(shutdown)`,
    { flags: ['--inspect=0'] },
  )
  expect(code).toBe(0)
  expect(stderr.match(/a debugger may be attached/g)).toHaveLength(1)
  expect(blocks()).toEqual([])
}, 30_000)
