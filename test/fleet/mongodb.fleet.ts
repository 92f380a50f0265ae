/** mongodb's driver on MongoDB's protocol: commands are spans of the conventions, values are not in them, and the program is the same. */
import { beforeEach, expect, test } from 'vitest'
import { startSink } from '../faults/sink.ts'
import { parentOf, runWays, spansOf } from '../instrument/ways.ts'
import { runSource } from '../support/run-node.ts'

const URL_OF_SERVER = process.env['UPTRACE_TEST_MONGODB_URL']
const [CLIENT, ERROR] = [2, 2]

beforeEach(({ skip }) => {
  if (URL_OF_SERVER !== undefined) return
  console.log('skipped: needs FerretDB (scripts/services.sh install all, start)')
  skip()
})

const BODY = `
const client = new MongoClient(process.env.UPTRACE_TEST_MONGODB_URL, { serverSelectionTimeoutMS: 5000 }); await client.connect()
const told = (error) => print([error.name, error.code, error.message.replace(/-\\d+/g, '')])
const orders = client.db().collection('orders-' + process.pid)
await inSpan('request', async () => {
  print(await orders.insertOne(Object.freeze({ _id: 1, customer: 'secret', items: [{ price: 3 }] })))
  print(await orders.insertMany(Array.from({ length: 250 }, (_, i) => ({ _id: i + 2, customer: 'secret' }))).then(({ insertedCount }) => insertedCount))
  print(await orders.findOne({ customer: 'secret' }, { sort: { _id: 1 } }))
  const cursor = orders.find({ customer: 'secret' }, { batchSize: 100 }); let count = 0
  for await (const _ of cursor) { if (count++ === 0) tracer.startSpan('first row').end() }
  print(count)
  print(await orders.updateOne({ _id: 1 }, { $set: { customer: 'other secret' } }).then(({ modifiedCount }) => modifiedCount))
  print(await orders.aggregate([{ $match: { _id: { $lt: 5 } } }, { $count: 'n' }]).toArray())
  await Promise.all([orders.findOne({ _id: 1 }), orders.findOne({ _id: 2 })])
  print(await orders.deleteMany({ _id: { $gt: 10 } }).then(({ deletedCount }) => deletedCount))
})
await inSpan('failing request', async () => {
  await orders.insertOne({ _id: 1, customer: 'secret' }).catch(told)
  await orders.find({ $nonsense: 'secret' }).toArray().catch(told)
  await client.db().command({ noSuchCommand: 'secret' }).catch(told)
})
await orders.drop(); await client.close()
`

const LIBRARIES = [['MongoClient', 'mongodb', 'MongoClient']] as const
const RUN = { timeoutMillis: 40_000 }

test('each command is a span of whoever gave it; no value is in it, and a long list is cut', {
  timeout: 170_000,
}, async () => {
  for (const seen of (await runWays({ libraries: LIBRARIES, body: BODY, run: RUN })).values()) {
    const spans = spansOf(seen, 'mongodb')
    expect(spans.map((span) => `${span.name} < ${parentOf(seen, span)}`.replace(/-\d+/g, ''))).toEqual([
      ...['insert', 'insert', 'find', 'find', 'getMore', 'getMore', 'update'].map((name) => `${name} orders < request`),
      // upstream: commands without a collection of their own in the protocol
      'aggregate $cmd < request',
      ...['find', 'find', 'delete'].map((name) => `${name} orders < request`),
      ...['insert orders', 'find orders', 'noSuchCommand $cmd'].map((name) => `${name} < failing request`),
      'drop $cmd < undefined',
      'endSessions $cmd < undefined',
    ])
    expect(parentOf(seen, seen.spans.find(({ name }) => name === 'first row')!)).toBe('request')
    const { port, pathname } = new URL(URL_OF_SERVER!)
    const [first, many] = spans
    expect(first).toMatchObject({ kind: CLIENT, status: { code: 0 } })
    expect(first!.attributes).toEqual({
      'db.system.name': 'mongodb',
      'db.namespace': pathname.slice(1),
      'db.operation.name': 'insert',
      'db.collection.name': expect.stringMatching(/^orders-/),
      'server.address': '127.0.0.1',
      'server.port': Number(port),
      'db.query.text': '{"_id":"?","customer":"?","items":[{"price":"?"}]}',
    })
    expect(many!.attributes['db.query.text']).toMatch(
      /^\{"insert":"\?","documents":\{"field":"\?","documents":\[(\{"_id":"\?","customer":"\?"\},){10}"240 more"\]/,
    )
    expect(
      spans
        .filter(({ status }) => status.code === ERROR)
        .map(({ name, status }) => `${name}: ${status.message}`.replace(/-\d+/g, '')),
    ).toEqual([
      "find orders: unknown top level operator: $nonsense. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.",
      "noSuchCommand $cmd: no such command: 'noSuchCommand'",
    ])
    expect(JSON.stringify(spans)).not.toContain('secret')
  }
})

test('enhancedDatabaseReporting has the values, whole', { timeout: 60_000 }, async () => {
  const options = '{ instrumentations: { mongodb: { enhancedDatabaseReporting: true } } }'
  const body = `const client = new MongoClient(process.env.UPTRACE_TEST_MONGODB_URL); await client.db().collection('none').findOne({ ids: { $in: Array.from({ length: 12 }, (_, i) => i) } }); await client.close()`
  const seen = await runWays({ libraries: LIBRARIES, body, options, run: RUN, ways: ['cjs'] })
  expect(spansOf(seen.get('cjs')!, 'mongodb')[0]!.attributes['db.query.text']).toContain(
    '{"ids":{"$in":[0,1,2,3,4,5,6,7,8,9,10,11]}}',
  )
})

test('the connections of the pool are counted', { timeout: 60_000 }, async () => {
  const sink = await startSink()
  const source = `import { configureOpentelemetry, shutdown } from 'uptrace-node'
configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', runtimeMetrics: false }); const { MongoClient } = await import('mongodb')
const client = new MongoClient(process.env.UPTRACE_TEST_MONGODB_URL); await client.db().collection('none').findOne({}); await shutdown(); await client.close(); process.exit()`
  const result = await runSource('mjs', source, RUN)
  await sink.close()
  expect(result).toMatchObject({ code: 0, stderr: '' })
  expect(sink.items('metrics').map(({ name }) => name)).toContain('db.client.connection.count')
})
