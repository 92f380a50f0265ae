/** kafkajs on a real Kafka: what is consumed is in the trace of whoever sent it, or linked to it, and the program is the same. */
import { beforeEach, expect, test } from 'vitest'
import { startSink } from '../faults/sink.ts'
import type { Seen, SeenSpan } from '../instrument/support.ts'
import { parentOf, runWays, spansOf } from '../instrument/ways.ts'
import { runSource } from '../support/run-node.ts'

const BROKER = process.env['UPTRACE_TEST_KAFKA_BROKER']
const [CLIENT, PRODUCER, CONSUMER, ERROR] = [2, 3, 4, 2]
const LIBRARIES = [['Kafka', 'kafkajs', 'Kafka']] as const
/** kafkajs 2.2 sets timers in the past, of which Node 24 warns. */
const RUN = { timeoutMillis: 40_000, flags: ['--disable-warning=TimeoutNegativeWarning'] }
const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qg'

beforeEach(({ skip }) => {
  if (BROKER !== undefined) return
  console.log('skipped: needs Kafka (scripts/services.sh install all, start)')
  skip()
})

/** Name and parent of each span of kafkajs, without the number in the name of the topic. */
const told = (seen: Seen, kind: number): string[] =>
  spansOf(seen, 'kafkajs')
    .filter((span) => span.kind === kind)
    .map((span) => `${span.name} < ${parentOf(seen, span)}`.replace(/-\d+/g, ''))
const find = (seen: Seen, kind: number, attributes: Record<string, unknown>): SeenSpan =>
  spansOf(seen, 'kafkajs').find(
    (span) =>
      span.kind === kind && Object.entries(attributes).every(([name, value]) => span.attributes[name] === value),
  )!

/** A topic of its own for each run, with one partition, so that messages come in order. */
const BEGIN = `
const kafka = new Kafka({ clientId: 'test', brokers: [process.env.UPTRACE_TEST_KAFKA_BROKER], logLevel: 0, retry: { retries: 3, initialRetryTime: 50 } })
const topic = 'orders-' + process.pid; const admin = kafka.admin(); await admin.connect()
await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
const producer = kafka.producer({ allowAutoTopicCreation: false }); await producer.connect()
const told = (error) => print([error.name, error.message.replaceAll(topic, '<topic>')])
`
const END = `await consumer.disconnect(); await producer.disconnect(); await admin.deleteTopics({ topics: [topic] }); await admin.disconnect()`

const EACH_MESSAGE = `${BEGIN}
const shared = Object.freeze({ tenant: 'acme' }); const message = Object.freeze({ key: 'k1', value: 'one', headers: shared })
await inSpan('first request', () => producer.send({ topic, messages: [message, { value: 'two', headers: shared }] }))
await inSpan('second request', () => producer.sendBatch({ topicMessages: [{ topic, messages: [{ key: 'k3', value: 'bad', partition: 0 }, { key: 'k4', value: null }] }] }))
print(message)
await producer.send({ topic }).catch(told); await producer.send({ topic: '', messages: [message] }).catch(told); await producer.sendBatch({}).catch(told)
await inSpan('failing request', () => producer.send({ topic: topic + '-missing', messages: [message] }).catch((error) => print(error.name)))
let left = 5; let finish; const all = new Promise((resolve) => { finish = resolve })
const consumer = kafka.consumer({ groupId: 'group-' + process.pid, retry: { initialRetryTime: 20 } }); await consumer.connect(); await consumer.subscribe({ topic, fromBeginning: true })
let attempts = 0
const config = Object.freeze({ eachMessage: async ({ topic: from, partition, message: { key, value, headers, offset } }) => {
  tracer.startSpan('work on ' + value).end()
  print([from === topic, partition, key && String(key), value && String(value), offset, headers.tenant && String(headers.tenant)])
  if (String(value) === 'bad' && attempts++ === 0) { left--; throw Object.assign(new RangeError('no such address'), { retriable: true }) }
  if (--left === 0) finish()
} })
await consumer.run(config); await all; print(consumer.run.length); ${END}
`

test('eachMessage: each message continues its own send, errors of both sides are recorded, nothing of the program is written to', {
  timeout: 170_000,
}, async () => {
  for (const [way, seen] of await runWays({ libraries: LIBRARIES, body: EACH_MESSAGE, run: RUN })) {
    expect(told(seen, PRODUCER)).toEqual([
      'send orders < first request',
      'send orders < first request',
      'send orders < second request',
      'send orders < second request',
      'send  < undefined',
      'send orders-missing < failing request',
    ])
    expect(told(seen, CONSUMER)).toEqual(new Array(5).fill('process orders < send orders'))
    const topic = seen.spans.find(({ kind }) => kind === CONSUMER)!.attributes['messaging.destination.name']
    const sent = find(seen, PRODUCER, { 'messaging.kafka.message.key': 'k3' })
    const common = {
      'messaging.system': 'kafka',
      'messaging.destination.name': topic,
      'messaging.kafka.message.key': 'k3',
      'messaging.destination.partition.id': '0',
    }
    expect(sent.attributes).toMatchObject({
      ...common,
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
    })
    const failed = find(seen, CONSUMER, { 'messaging.kafka.message.key': 'k3' })
    expect(failed).toMatchObject({
      parent: sent.id,
      trace: sent.trace,
      status: { code: ERROR, message: 'no such address' },
    })
    expect(failed.attributes).toEqual({
      ...common,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.kafka.offset': '2',
      // from a file of kafkajs, which a late start finds loaded
      ...(way !== 'late' && { 'messaging.kafka.cluster.id': CLUSTER }),
      'error.type': 'RangeError',
    })
    expect(
      find(seen, CONSUMER, { 'messaging.kafka.message.key': 'k4' }).attributes['messaging.kafka.message.tombstone'],
    ).toBe(true)
    expect(find(seen, PRODUCER, { 'error.type': 'KafkaJSNumberOfRetriesExceeded' }).status).toEqual({
      code: ERROR,
      message: 'This server does not host this topic-partition',
    })
    // two messages with the same object of headers have a parent each
    const parents = spansOf(seen, 'kafkajs')
      .filter(({ kind }) => kind === CONSUMER)
      .map(({ parent }) => parent)
    expect(new Set(parents).size).toBe(4)
    for (const work of seen.spans.filter(({ name }) => name.startsWith('work on')))
      expect(parentOf(seen, work)).toBe(`process ${topic}`)
    expect(JSON.stringify(spansOf(seen, 'kafkajs'))).not.toContain('acme')
  }
})

const EACH_BATCH = `${BEGIN}
await inSpan('request', () => producer.send({ topic, messages: [{ value: 'one' }, { value: 'two' }] }))
const payer = kafka.producer({ transactionalId: 'pay-' + process.pid, maxInFlightRequests: 1, idempotent: true }); await payer.connect()
const headers = Object.freeze({})
await inSpan('payment', async () => {
  const kept = await payer.transaction(); await kept.send({ topic, messages: [{ value: 'three', headers }, { value: 'four', headers }] }); await kept.commit()
  const given = await payer.transaction(); await given.send({ topic, messages: [{ value: 'five' }] }); await given.abort(); print([kept.isActive(), given.isActive()])
})
await payer.disconnect()
let left = 4; let finish; const all = new Promise((resolve) => { finish = resolve })
const consumer = kafka.consumer({ groupId: 'group-' + process.pid, retry: { initialRetryTime: 20 } }); await consumer.connect(); await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({ eachBatch: async ({ batch, resolveOffset }) => { for (const { value, offset } of batch.messages) { print(String(value)); tracer.startSpan('work').end(); resolveOffset(offset); left-- } if (left === 0) finish() } })
await all; ${END}
`

test('eachBatch: a batch is a trace of its own, its messages are linked to who sent them; a transaction is one span', {
  timeout: 170_000,
}, async () => {
  for (const seen of (await runWays({ libraries: LIBRARIES, body: EACH_BATCH, run: RUN })).values()) {
    expect(told(seen, PRODUCER)).toEqual([
      ...new Array(2).fill('send orders < request'),
      ...new Array(3).fill('send orders < transaction'),
    ])
    const polls = spansOf(seen, 'kafkajs').filter(({ kind }) => kind === CLIENT)
    expect(polls.length).toBeGreaterThan(0)
    for (const poll of polls)
      expect(poll).toMatchObject({
        name: expect.stringMatching(/^poll orders-/),
        attributes: { 'messaging.operation.type': 'receive', 'messaging.operation.name': 'poll' },
      })
    expect(polls.reduce((sum, { attributes }) => sum + Number(attributes['messaging.batch.message_count']), 0)).toBe(4)
    const processed = spansOf(seen, 'kafkajs').filter(({ kind }) => kind === CONSUMER)
    expect(told(seen, CONSUMER)).toEqual(new Array(4).fill('process orders < poll orders'))
    const senders = spansOf(seen, 'kafkajs')
      .filter(({ kind }) => kind === PRODUCER)
      .map(({ id }) => id)
    expect(processed.map(({ links }) => links)).toEqual(senders.slice(0, 4).map((id) => [id]))
    for (const span of seen.spans.filter(({ name }) => name === 'transaction'))
      expect(parentOf(seen, span)).toBe('payment')
    for (const span of seen.spans.filter(({ name }) => name === 'work')) expect(parentOf(seen, span)).toMatch(/^poll/)
  }
})

test('the counts and durations of the conventions are metrics', { timeout: 60_000 }, async () => {
  const sink = await startSink()
  const source = `import { configureOpentelemetry, shutdown } from 'uptrace-node'
configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', runtimeMetrics: false }); const { Kafka } = (await import('kafkajs')).default; const tracer = { startSpan: () => ({ end() {} }) }
const inSpan = (name, run) => run(); const print = () => {}
${EACH_BATCH}; await shutdown(); process.exit()`
  const result = await runSource('mjs', source, RUN)
  await sink.close()
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const sum = (name: string): number =>
    sink
      .items('metrics')
      .filter((metric) => metric.name === name)
      .flatMap((metric) => (metric.sum ?? metric.histogram).dataPoints)
      .reduce((total, point) => total + Number(point.asDouble ?? point.asInt ?? point.count), 0)
  expect({
    sent: sum('messaging.client.sent.messages'),
    consumed: sum('messaging.client.consumed.messages'),
    processed: sum('messaging.process.duration'),
  }).toEqual({ sent: 5, consumed: 4, processed: 4 })
  expect(sum('messaging.client.operation.duration')).toBeGreaterThan(5)
})
