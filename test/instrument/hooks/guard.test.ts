/** Instrumentations never fail the app: its calls are accepted and refused as without them, and its objects stay as they are. */
import path from 'node:path'
import { expect, test } from 'vitest'
import { guardFunction } from '../../../src/instrument/hooks/guard-function.ts'
import { runSource } from '../../support/run-node.ts'
import { see, seeQuiet } from '../support.ts'

type Any = (...args: unknown[]) => unknown

test.for([
  [
    'before the call',
    () => () => {
      throw new Error('of the wrapper')
    },
  ],
  [
    'after the call',
    (original: Any) =>
      (...args: unknown[]) => {
        original(...args)
        throw new Error('of the wrapper')
      },
  ],
  [
    'nowhere',
    (original: Any) =>
      (...args: unknown[]) =>
        original(...args),
  ],
  [
    'after the call, when there is another call inside',
    (original: Any) =>
      (...args: unknown[]) => {
        original(...args)
        JSON.parse('{')
      },
  ],
] as const)('a wrapper that throws %s: the function is called once, and its outcome stands', ([, wrapper]) => {
  const calls: unknown[][] = []
  const guarded = guardFunction(
    (...args: unknown[]) => {
      calls.push(args)
      return args.length
    },
    'f',
    wrapper as never,
  ) as unknown as Any
  expect(guarded(1, 'b')).toBe(2)
  expect(calls).toEqual([[1, 'b']])
})

test.for([
  [
    'throws another error',
    (original: Any) => () => {
      try {
        return original()
      } catch {
        throw new Error('of the wrapper')
      }
    },
  ],
  ['hides it', (original: Any) => () => original()],
] as const)('the error of the function reaches the caller when the wrapper %s', ([, wrapper]) => {
  const own = new TypeError('of the library')
  const guarded = guardFunction(
    () => {
      throw own
    },
    'f',
    wrapper as never,
  ) as unknown as Any
  expect(() => guarded()).toThrow(own)
})

test('what is guarded looks like the function and can be constructed', () => {
  function Maker(this: { made: unknown }, what: unknown) {
    this.made = what
  }
  Maker.tag = 'own'
  const guarded = guardFunction(Maker, 'Maker', ((original: new (what: unknown) => object) =>
    Object.assign(
      function (this: unknown, what: unknown) {
        return Reflect.construct(original, [what])
      },
      { tag: 'own' },
    )) as never) as unknown as { new (what: unknown): { made: unknown }; tag: string }
  expect(new guarded(3)).toMatchObject({ made: 3 })
  expect([guarded.length, guarded.tag]).toEqual([1, 'own'])
  class Kept {}
  expect(guardFunction(Kept, 'Kept', (original) => original)).toBe(Kept)
})

/** What odd arguments do, printed: the same with us and without. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  koa: ['new Koa().use(v)', 'new Koa().callback()(v, v)'],
  hapi: [
    'hapi.server().register(v)',
    'hapi.server().route(v)',
    'hapi.server().ext(v)',
    'hapi.server().ext("onRequest", v)',
  ],
  graphql: ['graphql.execute(v)', 'graphql.parse(v)', 'graphql.validate(v)', 'graphql.graphqlSync(v)'],
  http: [
    'http.get("http://127.0.0.1:1/", v)',
    'http.get(v)',
    'http.request(v, v)',
    'http.request({ port: 1, headers: v })',
    'http.get("not a url", v)',
  ],
  https: ['https.get("https://127.0.0.1:1/", v)', 'https.request(v)'],
  express: [
    'express().use(v)',
    'express().get("/", v)',
    'express().get(v)',
    'express.Router().use("/x", v)',
    'express.Router().route(v)',
    'express()(v, v)',
  ],
  winston: ['logger.write(v)', 'logger.log(v)', 'logger.info(v, v)', 'logger.add(v)'],
  mysql2: ['mysql.query(v)', 'mysql.execute(v)', 'pool.query(v, () => {})', 'mysql2.createPool(v)'],
  pg: ['new pg.Client({ port: 1 }).query(v)', 'new pg.Pool({ port: 1 }).query(v)'],
  redis: ['client.sendCommand(v)', 'client.get(v)', 'client.set(v, v)', 'client.multi().addCommand(v)'],
  ioredis: ['io.get(v)', 'io.sendCommand(v)', 'io.call(v)'],
  amqplib: ['amqplib.connect(v)'],
  bunyan: ['bunyan.createLogger({ name: "x", streams: [] }).info(v)'],
  knex: ['knex(v)'],
}
const ODD = `const show = (name, call) => { try { const result = call(); result?.on?.('error', () => {}); result?.catch?.(() => {}); print(name + ' ' + (result?.constructor?.name ?? typeof result)) } catch (error) { print(name + ' ' + error?.name + ' ' + error?.message) } }
const Koa = require('koa'), hapi = require('@hapi/hapi'), graphql = require('graphql'), http = require('http'), https = require('https'), express = require('express'), winston = require('winston'), mysql2 = require('mysql2'), pg = require('pg'), redis = require('redis'), { Redis } = require('ioredis'), amqplib = require('amqplib'), bunyan = require('bunyan'), knex = require('knex')
const mute = (emitter) => emitter.on('error', () => {})
const logger = mute(winston.createLogger({ transports: [new winston.transports.Console({ silent: true })] }))
const mysql = mute(mysql2.createConnection({ host: '127.0.0.1', port: 1 })), pool = mysql2.createPool({ host: '127.0.0.1', port: 1 })
const client = mute(redis.createClient({ url: 'redis://127.0.0.1:1', socket: { reconnectStrategy: false } })), io = mute(new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false }))
process.on('unhandledRejection', () => {}); process.on('uncaughtException', () => {})
for (const [kind, v] of Object.entries({ null: null, undefined: undefined, number: 1, text: 'x', object: {}, list: [], symbol: Symbol('s'), function: () => {} })) { CALLS }
setTimeout(() => process.exit(0), 500)`

test('libraries take and refuse odd arguments as without us', { timeout: 60_000 }, async () => {
  const calls = Object.values(CALLS).flat()
  const work = ODD.replace('CALLS', () =>
    calls.map((call) => `show(${JSON.stringify(call)} + kind, () => ${call})`).join('\n'),
  )
  const [bare, ours] = await Promise.all([see('cjs', work), see('cjs', `configure({ logLevel: 'none' });${work}`)])
  expect(bare.lines).toHaveLength(calls.length * 8)
  const withoutFolder = (line: string): string => line.replace(/p-\w+\/main/g, 'main')
  expect(ours.lines.map(withoutFolder)).toEqual(bare.lines.map(withoutFolder))
})

const FILES = [
  'knex/lib/client.js', 'knex/lib/schema/tablebuilder.js', 'winston/lib/winston/logger.js', 'winston/lib/winston/create-logger.js', 'mysql2/lib/connection.js', 'mysql2/lib/base/connection.js',
  'mysql2/lib/pool.js', 'mysql2/promise.js', 'pg/lib/client.js', 'koa/lib/application.js', 'mysql/lib/Connection.js', 'mysql/lib/Pool.js', 'amqplib/lib/channel_model.js', '@redis/client/dist/lib/client/index.js',
  '@redis/client/dist/lib/client/commands-queue.js', 'ioredis/built/Redis.js', 'graphql/execution/execute.js', 'graphql/language/parser.js', 'graphql/validation/validate.js', '@hapi/hapi/lib/server.js', 'pino/pino.js', '@grpc/grpc-js/build/src/index.js',
] // biome-ignore format: a table
test.for(['mjs', 'cjs'] as const)('files inside of packages load by their path, %s', async (kind) => {
  const modules = path.join(import.meta.dirname, '../../../node_modules')
  const load = kind === 'mjs' ? `await import(require('url').pathToFileURL(file).href)` : 'require(file)'
  const work = `configure({ logLevel: 'warn' }); (async () => { for (const name of ${JSON.stringify(FILES)}) { const file = '${modules}/' + name; const loaded = ${load}; print(typeof loaded) } process.exit(0) })()`
  expect((await seeQuiet(kind, work)).lines).toHaveLength(FILES.length)
})

test.for([
  ['getters only', `Object.defineProperty(exports, 'thing', { get: () => thing, enumerable: true })`],
  ['a frozen object', `module.exports = Object.freeze({ thing })`],
  ['nothing of the kind', `module.exports = { other: thing }`],
  ['a value that is none', `module.exports = null`],
  ['a sealed object', `module.exports = Object.seal({ thing })`],
])('a patch meets %s: the package loads', async ([, exported]) => {
  const own = `const { InstrumentationBase, InstrumentationNodeModuleDefinition } = require('@opentelemetry/instrumentation'); class Own extends InstrumentationBase { constructor() { super('own', '1', {}) } init() { return new InstrumentationNodeModuleDefinition('thing', ['*'], (exported) => { this._wrap(exported, 'thing', (original) => function () { return original() + ' traced' }); return exported }) } }`
  const pack = `const fs = require('fs'), folder = __dirname + '/node_modules/thing'; fs.mkdirSync(folder, { recursive: true }); fs.writeFileSync(folder + '/package.json', '{"name":"thing","version":"1.0.0"}'); fs.writeFileSync(folder + '/index.js', ${JSON.stringify(`const thing = () => 'it works'; ${exported}`)})`
  const work = `${pack}; ${own}; configure({ instrumentations: { add: [new Own()] } }); const loaded = require('thing'); print(loaded?.thing?.() ?? 'nothing')`
  const { code, lines } = await see('cjs', work)
  expect(code).toBe(0)
  expect(lines).toEqual([/other|null/.test(exported!) ? 'nothing' : 'it works traced'])
})

test.for([
  [
    'headers as a list',
    `{ headers: ['Host', 'shop.test', 'Authorization', 'Bearer x', 'X-Two', '1', 'X-Two', '2'] }`,
    ['Host', 'shop.test', 'Authorization', 'Bearer x', 'X-Two', '1', 'X-Two', '2'],
  ],
  [
    'headers as a list with a trace',
    `{ headers: ['Host', 'a', 'traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'] }`,
    ['Host', 'a'],
  ],
  [
    'frozen headers',
    `Object.freeze({ headers: Object.freeze({ host: 'a', 'x-one': '1' }) })`,
    ['host', 'a', 'x-one', '1'],
  ],
  [
    'a map of headers with lists',
    `{ headers: { host: 'a', 'set-cookie': ['a', 'b'] } }`,
    ['host', 'a', 'set-cookie', 'a', 'set-cookie', 'b'],
  ],
] as const)('http.get sends %s as they are, and ours', async ([, options, expected]) => {
  const work = `configure(); const http = require('http'); const given = ${options}; const before = JSON.stringify(given)
  const server = http.createServer((request, response) => { print(request.rawHeaders); response.end() }).listen(0, '127.0.0.1', () => http.get({ ...given, port: server.address().port, agent: false }, (response) => response.resume().on('end', () => { print(before === JSON.stringify(given)); server.close() })))`
  const [raw, same] = (await seeQuiet('cjs', work)).lines as unknown as [string[], boolean]
  expect(same).toBe(true)
  const at = raw.indexOf('traceparent')
  expect(raw.filter((name) => name === 'traceparent')).toHaveLength(1)
  expect(raw[at + 1]).toMatch(/^00-[0-9a-f]{32}-/)
  expect(
    raw.filter(
      (name, index) =>
        index !== at && index !== at + 1 && !/^connection$/i.test(name) && !/^connection$/i.test(raw[index - 1] ?? ''),
    ),
  ).toEqual(expected)
})

test('what the app hands to hapi and amqplib is not written to', async () => {
  const hapi = `const plugin = Object.freeze({ name: 'mine', version: '1', register: (server) => { server.route(Object.freeze({ method: 'GET', path: '/p', handler: () => 'ok' })) } })
    const app = hapi.server({ port: 0, host: '127.0.0.1' }); await app.register(Object.freeze({ plugin })); await app.register(Object.freeze([{ plugin: Object.freeze({ name: 'second', register() {} }) }])); app.ext(Object.freeze({ type: 'onRequest', method: (request, h) => h.continue }))
    const route = Object.freeze({ method: 'GET', path: '/r', options: Object.freeze({ handler: () => 'ok' }) }); app.route(route); await app.start(); print((await fetch(app.info.uri + '/p')).status); print((await fetch(app.info.uri + '/r')).status); await app.stop()`
  const { lines, spans } = await seeQuiet(
    'cjs',
    `configure(); const hapi = require('@hapi/hapi'); (async () => { ${hapi} })()`,
  )
  expect(lines).toEqual([200, 200])
  expect(spans.filter(({ kind }) => kind === 1).map(({ name }) => name)).toEqual(['GET /p', 'GET /r'])
  if (process.env['UPTRACE_TEST_AMQP_URL'] === undefined) return
  const amqp = `const connection = await require('amqplib').connect(process.env.UPTRACE_TEST_AMQP_URL); const channel = await connection.createConfirmChannel(); const { queue } = await channel.assertQueue('', { exclusive: true })
    const options = Object.freeze({ headers: Object.freeze({ own: 1 }) }); const shared = {}; const got = new Promise((resolve) => { let count = 0; channel.consume(queue, (message) => { print(Object.keys(message.properties.headers).sort()); channel.ack(message); if (++count === 2) resolve() }) })
    channel.sendToQueue(queue, Buffer.from('a'), options); channel.publish('', queue, Buffer.from('b'), shared); await channel.waitForConfirms(); await got; print(Object.keys(shared)); await connection.close()`
  expect((await seeQuiet('cjs', `configure(); (async () => { ${amqp} })()`)).lines).toEqual([
    ['own', 'traceparent'],
    ['traceparent'],
    [],
  ])
})

test('the metadata of a grpc call is not written to', async () => {
  const grpc = `const definition = { Echo: { path: '/test.Echo/Echo', requestStream: false, responseStream: false, requestSerialize: Buffer.from, requestDeserialize: String, responseSerialize: Buffer.from, responseDeserialize: String } }
    const server = new grpc.Server(); server.addService(definition, { Echo: (call, callback) => { print(Object.keys(call.metadata.getMap()).filter((key) => key !== 'user-agent').sort()); callback(null, 'ok') } })
    const port = await new Promise((resolve) => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => resolve(bound)))
    const client = new (grpc.makeGenericClientConstructor(definition, 'Echo'))('127.0.0.1:' + port, grpc.credentials.createInsecure()); const metadata = new grpc.Metadata(); metadata.set('own', '1')
    for (let i = 0; i < 2; i++) await new Promise((resolve) => client.Echo('hi', metadata, resolve)); print(Object.keys(metadata.getMap())); client.close(); server.forceShutdown()`
  const { lines } = await seeQuiet(
    'cjs',
    `configure(); const grpc = require('@grpc/grpc-js'); (async () => { ${grpc} })()`,
  )
  expect(lines).toEqual([['own', 'traceparent'], ['own', 'traceparent'], ['own']])
})

test('an error out of an instrumentation is shown by its line, not by the whole file', async () => {
  const { stderr } = await runSource(
    'cjs',
    `const { readdirSync, readFileSync } = require('fs'); const folder = require('path').dirname(require.resolve('uptrace-node')) + '/instrumentations/'; for (const name of readdirSync(folder)) for (const line of readFileSync(folder + name, 'utf8').split('\\n')) if (line.length > 2000) console.error(name, line.length)`,
  )
  expect(stderr).toBe('')
})
