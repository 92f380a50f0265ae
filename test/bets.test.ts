/** Bets on the insides of others: each test says on what, and looks whether the installed version still has it. docs/architecture.md lists them. */
import { spawnSync } from 'node:child_process'
import diagnosticsChannel from 'node:diagnostics_channel'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import Module, { createRequire } from 'node:module'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as SdkMetrics from '@opentelemetry/sdk-metrics'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

type Any = Record<PropertyKey, unknown>
type Delta = { _activeCollectionStorage: { get(attributes: object): { record: unknown } } }
type Callable = (...args: unknown[]) => unknown

const require = createRequire(import.meta.url)
const ROOT = path.join(import.meta.dirname, '..')
const isFunction = (value: unknown): boolean => typeof value === 'function'
const has = (holder: unknown, ...names: string[]): string[] =>
  names.filter((name) => !isFunction((holder as Any | undefined)?.[name]))

/** What a program prints. The runner of the tests stands in front of `process` and of modules. */
function run(source: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', source], { cwd: ROOT, encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.trim()
}

describe('OpenTelemetry', () => {
  test('the API keeps what is registered as plain properties of one global object', () => {
    expect(
      run(`const { context, diag, metrics, propagation, trace } = require('@opentelemetry/api')
propagation.setGlobalPropagator({ inject() {}, extract: (c) => c, fields: () => [] })
diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} })
trace.setGlobalTracerProvider({ getTracer() {} })
metrics.setGlobalMeterProvider({ getMeter() {} })
context.setGlobalContextManager({ active() {}, with() {}, bind() {}, enable() {}, disable() {} })
const place = globalThis[Symbol.for('opentelemetry.js.api.1')]
const { writable } = Object.getOwnPropertyDescriptor(place, 'propagation')
console.log(writable, Object.isExtensible(place), ['propagation', 'diag', 'trace', 'metrics', 'context'].every((name) => place[name]))`),
    ).toBe('true true true')
  })

  test('the API assigns a propagator, so that an inherited setter is met', () => {
    expect(
      run(`const { propagation } = require('@opentelemetry/api')
propagation.setGlobalPropagator({ inject() {}, extract: (c) => c, fields: () => [] })
propagation.disable()
const place = globalThis[Symbol.for('opentelemetry.js.api.1')]
let given
Object.setPrototypeOf(place, Object.create(null, { propagation: { get: () => undefined, set(value) { given = value } } }))
propagation.setGlobalPropagator({ inject() {}, extract: (c) => c, fields: () => ['x'] })
console.log(given.fields()[0])`),
    ).toBe('x')
  })

  test('the API wraps a tracer provider in one that has getDelegate', () => {
    expect(
      run(`const { trace } = require('@opentelemetry/api')
const provider = { getTracer() {} }
trace.setGlobalTracerProvider(provider)
console.log(trace.getTracerProvider().getDelegate() === provider)`),
    ).toBe('true')
  })

  test('the older API of logs looks for a function under its own symbol', () => {
    expect(
      run(`const provider = { getLogger: () => ({ emit() {} }) }
globalThis[Symbol.for('io.opentelemetry.js.api.logs')] = () => provider
console.log(require('@opentelemetry/api-logs').logs.getLoggerProvider() === provider)`),
    ).toBe('true')
  })

  test('the SDK of metrics keeps its instruments, callbacks and readers where collectNow reads them', async () => {
    const { MeterProvider, PeriodicExportingMetricReader, InMemoryMetricExporter, AggregationTemporality } =
      await import('@opentelemetry/sdk-metrics')
    const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA)
    const reader = new PeriodicExportingMetricReader({ exporter })
    const provider = new MeterProvider({ readers: [reader] })
    const meter = provider.getMeter('m')
    const gauge = meter.createObservableGauge('g')
    gauge.addCallback(() => {})
    meter.addBatchObservableCallback(() => {}, [gauge])
    const state = (provider as unknown as { _sharedState: Any })._sharedState
    expect(state['resource']).toBeDefined()
    const [collector] = state['metricCollectors'] as [{ _metricReader: Any }]
    expect(collector._metricReader).toBe(reader)
    expect(collector._metricReader['_exporter']).toBe(exporter)
    expect(Array.isArray(collector._metricReader['_metricProducers'])).toBe(true)
    const [shared] = [...(state['meterSharedStates'] as Map<string, Any>).values()] as [Any]
    expect((shared['_instrumentationScope'] as Any)['name']).toBe('m')
    const [storage] = (shared['metricStorageRegistry'] as { getStorages(of: object): unknown[] }).getStorages(collector)
    expect(has(storage, 'collect', 'record')).toEqual([])
    const callbacks = shared['observableRegistry'] as Record<string, Any[]>
    expect(isFunction(callbacks['_callbacks']?.[0]?.['callback'])).toBe(true)
    expect(isFunction(callbacks['_batchCallbacks']?.[0]?.['callback'])).toBe(true)
    expect((callbacks['_callbacks']![0]!['instrument'] as Any)['_metricStorages']).toHaveLength(1)
    await provider.shutdown()
  })

  test('instruments of the SDK lead to their storages, and these to the aggregation and the attributes of a view', async () => {
    const { MeterProvider, PeriodicExportingMetricReader, InMemoryMetricExporter, createAllowListAttributesProcessor } =
      await import('@opentelemetry/sdk-metrics')
    const { storagesOf, shapeOf, isWhole } = await import('../src/signals/metrics/exemplars/sdk-storage.ts')
    const reader = new PeriodicExportingMetricReader({ exporter: new InMemoryMetricExporter(0) })
    const attributesProcessors = [createAllowListAttributesProcessor(['a'])]
    const views = [
      { instrumentName: 'two', name: 'first', attributesProcessors },
      { instrumentName: 'two', name: 'second', aggregation: { type: 5 } as const },
      { instrumentName: 'none', aggregation: { type: 1 } as const },
    ]
    const provider = new MeterProvider({ readers: [reader], views })
    const meter = provider.getMeter('m')
    const advice = { explicitBucketBoundaries: [1, 2] }
    const shapes = (instrument: object) => storagesOf(instrument).map(shapeOf)
    expect(shapes(meter.createHistogram('one', { advice }))).toEqual([{ size: 3, boundaries: [1, 2] }])
    const two = meter.createHistogram('two', { advice })
    expect(shapes(two)).toEqual([{ size: 3, boundaries: [1, 2] }, { size: 20 }])
    expect(storagesOf(two)[0]!._attributesProcessor!.process({ a: 1, b: 2 })).toEqual({ a: 1 })
    expect(shapes(meter.createHistogram('none'))).toEqual([])
    expect(shapes(meter.createObservableGauge('gauge'))).toEqual([{ size: 1 }])
    expect(isWhole(storagesOf(meter.createCounter('whole', { valueType: 0 }))[0]!)).toBe(true)
    await provider.shutdown()
  })

  test('the base class of instrumentations keeps its definitions in _modules and patches by _wrap', async () => {
    const { InstrumentationBase, InstrumentationNodeModuleDefinition } = await import('@opentelemetry/instrumentation')
    class Own extends InstrumentationBase {
      override init() {
        return new InstrumentationNodeModuleDefinition('nothing', ['*'])
      }
    }
    const own = new Own('own', '1', {}) as unknown as Any
    expect(own['_modules']).toHaveLength(1)
    expect(has(own, '_wrap', '_unwrap')).toEqual([])
  })

  test('the instrumentation of undici can be told of a request', async () => {
    const { UndiciInstrumentation } = await import('@opentelemetry/instrumentation-undici')
    expect(has(UndiciInstrumentation.prototype, 'onRequestCreated')).toEqual([])
  })

  test('the context manager keeps the context in a storage named _asyncLocalStorage', () => {
    const { AsyncLocalStorageContextManager: Manager } = require('@opentelemetry/context-async-hooks') as {
      AsyncLocalStorageContextManager: new () => Any
    }
    expect(has(new Manager()['_asyncLocalStorage'], 'run', 'getStore')).toEqual([])
  })
})

describe('Node.js', () => {
  test('begins and ends to watch a signal in named listeners of the process', () => {
    const source =
      "for (const event of ['newListener', 'removeListener']) console.log(process.listeners(event).at(-1).name)"
    expect(run(source)).toBe('startListeningIfSignal\nstopListeningIfSignal')
  })

  test('process.exit can be replaced, and the end calls the listeners in their order', () => {
    expect(
      run(`const { exit } = process
process.on('exit', () => {
  process.exit = (code) => { process.exit = exit; console.log('nested', code); exit.call(process, 0) }
})
process.on('exit', () => process.exit(7))
process.exit(1)`),
    ).toBe('nested 7')
  })

  test('signal-exit keeps its handlers in an emitter that others can ask, and calls them once', () => {
    expect(
      run(`require('signal-exit').onExit((code) => console.log('handler', code))
const emitter = globalThis[Symbol.for('signal-exit emitter')]
console.log(process.emit === require('events').prototype.emit, emitter.emitted.exit)
process.on('exit', () => emitter.emit('exit', process.exitCode, null))
process.exit(0)`),
    ).toBe('false false\nhandler 0')
  })

  test('process.emit calls the listeners for uncaught errors, after the monitor', () => {
    expect(
      run(`const { emit } = process
process.on('uncaughtExceptionMonitor', () => {
  process.emit = function (...args) { delete process.emit; console.log(args[0], process.emit === emit); return emit.apply(this, args) }
})
process.on('uncaughtException', () => console.log('handled'))
throw new Error('boom')`),
    ).toBe('uncaughtException true\nhandled')
  })

  test('the end and signals can be told from events that an application emits itself', () => {
    expect(
      run(`console.log(process._exiting)
process.on('exit', () => console.log(process._exiting))
process.once('SIGTERM', (_, number) => console.log(number))
process.kill(process.pid, 'SIGTERM')
setTimeout(() => {}, 100)`),
    ).toBe('false\n15\ntrue')
  })

  test('require is a method of all modules, resolves by Module._resolveFilename, and notes children and parent', () => {
    expect(has(Module, '_resolveFilename')).toEqual([])
    expect(has(Module.prototype, 'require')).toEqual([])
    expect(
      run(`const Module = require('node:module'); const { require: plain } = Module.prototype; let seen
Module.prototype.require = function (id) { seen = id; return plain.call(this, id) }
require('semver/package.json')
const child = require.cache[require.resolve('semver/package.json')]
console.log(seen, module.children.at(-1) === child, child.parent === module, child.loaded)`),
    ).toBe('semver/package.json true true true')
  })

  test('resolves as import does, and gives folders of packages, by methods of Module', () => {
    const source = `const Module = require('node:module'); const from = ${JSON.stringify(import.meta.filename)}; const paths = Module._nodeModulePaths(require('node:path').dirname(from))
console.log(require('node:path').basename(require('node:path').dirname(Module._resolveFilename('@connectrpc/connect-node', { id: from, filename: from, paths }, false, { conditions: new Set(['node', 'import']) }))))`
    expect(run(source)).toBe('esm')
  })

  test('tells of an import of CommonJS as of a require without a parent', () => {
    const source = `require('node:diagnostics_channel').subscribe('tracing:module.require:end', ({ id, parentFilename }) => { if (parentFilename === undefined) console.log(require('node:path').basename(id)) })
import(require.resolve('semver'))`
    expect(run(source)).toBe('index.js')
  })

  test('says which built-ins are loaded', () => {
    const source = "require('node:http'); console.log(process.moduleLoadList.includes('NativeModule http'))"
    expect(run(source)).toBe('true')
  })

  test('a response keeps its head as it was sent, and a connection its count after its end', () => {
    const source = `const server = require('node:http').createServer((q, response) => { response.setHeader('content-length', 9); response.write('half'); const { socket } = response; response.on('close', () => { console.log(response.writableFinished, response.socket === socket, socket.bytesWritten - response._header.length); process.exit() }) })
server.listen(0, () => { const client = require('node:net').connect(server.address().port); client.write('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'); client.on('data', () => client.destroy()) })`
    expect(run(source)).toBe('false true 4')
  })

  test('all connections begin in Socket.prototype.connect', async () => {
    expect(has(net.Socket.prototype, 'connect')).toEqual([])
    const { connect } = net.Socket.prototype
    let calls = 0
    net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
      calls++
      return Reflect.apply(connect, this, args)
    } as typeof connect
    try {
      await (await fetch(address)).text()
      await once(
        http.get(address, { agent: false }).on('response', (response) => response.resume()),
        'close',
      )
    } finally {
      net.Socket.prototype.connect = connect
    }
    expect(calls).toBeGreaterThanOrEqual(2)
  })

  test('tells of http requests before their headers are sent, and of fetch with its headers as a list', async () => {
    const seen: unknown[] = []
    const note = (message: unknown): void => void seen.push((message as { request: Any }).request)
    diagnosticsChannel.subscribe('http.client.request.start', note)
    await once(
      http.get(address, { agent: false }).on('response', (response) => response.resume()),
      'close',
    )
    diagnosticsChannel.unsubscribe('http.client.request.start', note)
    expect(has(seen[0], 'hasHeader', 'getHeader')).toEqual([])
    diagnosticsChannel.subscribe('undici:request:create', note)
    diagnosticsChannel.subscribe('undici:client:sendHeaders', note)
    await (await fetch(address, { headers: { 'x-own': 'a' } })).text()
    diagnosticsChannel.unsubscribe('undici:request:create', note)
    diagnosticsChannel.unsubscribe('undici:client:sendHeaders', note)
    expect((seen[1] as { headers: unknown[] }).headers).toContain('x-own')
    expect(seen[2]).toBe(seen[1])
  })

  let address = ''
  const server = http.createServer((_request, response) => response.end('ok'))
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  test('a channel enters the storages that are bound to it by run or by withScope', () => {
    const channel = diagnosticsChannel.tracingChannel('uptrace-node:bet')
    const entered: string[] = []
    const note = (name: string): void => void entered.push(name)
    const storage = {
      run(_own: unknown, run: Callable) {
        note('run')
        return run()
      },
      withScope() {
        note('withScope')
        return { [Symbol.dispose]() {} }
      },
    }
    channel.start.bindStore(storage as never, () => 1 as never)
    channel.subscribe({ start() {}, end() {}, asyncStart() {}, asyncEnd() {}, error() {} })
    expect(channel.traceSync(() => 2, {})).toBe(2)
    expect(['run', 'withScope']).toContain(entered.join())
  })

  test('objects of node:http2 that nobody connects or listens with have the classes of all', () => {
    const http2 = require('node:http2') as typeof import('node:http2')
    const [one, other] = [http2.createServer(), http2.createServer()]
    expect(Object.getPrototypeOf(one)).toBe(Object.getPrototypeOf(other))
    expect(Object.getPrototypeOf(http2.createSecureServer({}))).not.toBe(Object.getPrototypeOf(one))
  })
})

describe('libraries', () => {
  test('import-in-the-middle can be driven by hooks of ours', async () => {
    const { createHook } = (await import('import-in-the-middle/create-hook.mjs' as string)) as { createHook: Callable }
    const hook = createHook({ url: pathToFileURL(require.resolve('import-in-the-middle/hook.mjs')).href })
    expect(has(hook, 'applyOptions', 'resolveSync', 'loadSync')).toEqual([])
    expect(has(require('import-in-the-middle'), 'addHook')).toEqual([])
  })

  test('import.meta.resolve can be told from an import', () => {
    const file = pathToFileURL(path.join(import.meta.dirname, '../src/instrument/hooks/asked-only.ts')).href
    const source = `
      import { registerHooks } from 'node:module'; import { isAskedOnly } from '${file}'
      registerHooks({ resolve(id, context, next) { if (id === 'node:path') console.log(isAskedOnly()); return next(id, context) } })
      await import('data:text/javascript,import "node:path"; await import("node:path"); import.meta.resolve("node:path")')`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' })
    expect(stdout).toBe('false\nfalse\ntrue\n')
  })

  test.for(['express', 'express-4'])('%s runs all layers by one method of their prototype', (name) => {
    const app = require(name)() as { use(handler: Callable): void; router?: Any; _router?: Any }
    app.use(() => {})
    const router = (name === 'express' ? app.router : app._router) as { stack: object[] }
    const method = name === 'express' ? 'handleRequest' : 'handle_request'
    expect(has(Object.getPrototypeOf(router.stack.at(-1)!), method)).toEqual([])
  })

  test('koa makes all contexts by createContext, and its router leaves the route on them', () => {
    expect(has(require('koa').prototype, 'createContext')).toEqual([])
    expect(readFileSync(require.resolve('@koa/router'), 'utf8')).toContain('._matchedRoute = ')
  })

  test('hapi runs requests by _execute of a class in lib/request.js', () => {
    const file = path.join(path.dirname(require.resolve('@hapi/hapi/package.json')), 'lib/request.js')
    expect(has(require(file).prototype, '_execute')).toEqual([])
  })

  test('polka and h3 find the handler by methods of a prototype', async () => {
    expect(has(Object.getPrototypeOf(require('polka')()), 'add', 'find')).toEqual([])
    const { H3 } = await import('h3')
    expect(has(H3.prototype, '~findRoute')).toEqual([])
  })

  test('builders of tRPC have one prototype, and all procedures begin with theirs', () => {
    const { initTRPC } = require('@trpc/server') as { initTRPC: { context(): object; create: Callable } }
    expect(Object.getPrototypeOf(initTRPC.context())).toBe(Object.getPrototypeOf(initTRPC))
    expect(has((initTRPC.create() as Any)['procedure'], 'use', 'query')).toEqual([])
  })

  test('fastify tells of each handler on a channel, with the route', async () => {
    const seen: unknown[] = []
    const note = (message: unknown): void => void seen.push((message as { route: { url: string } }).route.url)
    diagnosticsChannel.subscribe('tracing:fastify.request.handler:start', note)
    const app = require('fastify')()
    app.get('/a/:id', async () => 'ok')
    await app.inject('/a/1')
    await app.close()
    diagnosticsChannel.unsubscribe('tracing:fastify.request.handler:start', note)
    expect(seen).toEqual(['/a/:id'])
  })

  test('fastify tells of each app on a channel, before any hook of the app', async () => {
    const order: string[] = []
    const note = (message: unknown): void =>
      void (message as { fastify: { addHook: Callable } }).fastify.addHook(
        'onRequest',
        async (request: { routeOptions: { url: string } }) => {
          order.push(`ours ${request.routeOptions.url}`)
        },
      )
    diagnosticsChannel.subscribe('fastify.initialization', note)
    const app = require('fastify')()
    app.addHook('onRequest', async () => void order.push('own'))
    app.get('/a/:id', async () => 'ok')
    await app.inject('/a/1')
    await app.close()
    diagnosticsChannel.unsubscribe('fastify.initialization', note)
    expect(order).toEqual(['ours /a/:id', 'own'])
  })

  test.for(['pino', 'pino-8', 'pino-9'])('%s makes its lines by a method under a symbol named pino.asJson', (name) => {
    const logger = require(name)({ level: 'silent' }) as object
    const symbols: symbol[] = []
    for (let owner: object | null = logger; owner; owner = Object.getPrototypeOf(owner))
      symbols.push(...Object.getOwnPropertySymbols(owner))
    expect(symbols.map(({ description }) => description)).toEqual(
      expect.arrayContaining(['pino.asJson', 'pino.messageKey']),
    )
  })

  test('mysql2 pools hand connections out by getConnection of a prototype', () => {
    const pool = require('mysql2').createPool({}) as { end(done: Callable): void }
    let owner: object | null = Object.getPrototypeOf(pool)
    while (owner && !Object.hasOwn(owner, 'getConnection')) owner = Object.getPrototypeOf(owner)
    expect(has(owner, 'getConnection')).toEqual([])
    pool.end(() => {})
  })

  test('queries of mysql ask hasErrorHandler, and clients of pg have connectionParameters', () => {
    const query = require('mysql/lib/Connection').createQuery('SELECT 1') as Any
    expect(has(query, 'hasErrorHandler')).toEqual([])
    const { Client } = require('pg') as { Client: new () => object }
    expect('connectionParameters' in new Client()).toBe(true)
  })

  test('the instrumentation of redis traces commands of clients by one method', () => {
    const { RedisInstrumentation } = require('@opentelemetry/instrumentation-redis') as {
      RedisInstrumentation: new (config: object) => { instrumentationV4_V5: object }
    }
    const { instrumentationV4_V5: modern } = new RedisInstrumentation({ enabled: false })
    expect(has(modern, '_traceClientCommand', '_wrap', 'getConfig')).toEqual([])
  })

  test('the SDK of metrics adds measurements to a storage that it replaces when it collects', async () => {
    const { MeterProvider, MetricReader } = require('@opentelemetry/sdk-metrics') as typeof SdkMetrics
    class Reader extends MetricReader {
      protected async onForceFlush(): Promise<void> {}
      protected async onShutdown(): Promise<void> {}
    }
    const reader = new Reader()
    const histogram = new MeterProvider({ readers: [reader] }).getMeter('bets').createHistogram('bet')
    histogram.record(1, { a: 1 })
    const { _deltaMetricStorage: delta } = (histogram as unknown as Record<string, Record<string, Delta>>)[
      '_writableMetricStorage'
    ]!
    const before = delta!._activeCollectionStorage
    expect(typeof before.get({ a: 1 }).record).toBe('function')
    await reader.collect()
    expect(delta!._activeCollectionStorage).not.toBe(before)
  })

  test('graphql exports execute and executeSync from one file', () => {
    expect(has(require('graphql/execution/execute.js'), 'execute', 'executeSync')).toEqual([])
  })

  test('a query of postgres is handled by a method, and settled by two of its own functions', () => {
    const { Query } = require(path.join(ROOT, 'node_modules/postgres/cjs/src/query.js')) as { Query: never }
    const query = new (Query as new (...args: unknown[]) => object)(
      [''],
      [],
      () => {},
      () => {},
    )
    expect(has(query, 'handle', 'resolve', 'reject')).toEqual([])
    const connect = require(path.join(ROOT, 'node_modules/postgres/cjs/src/connection.js')) as Callable
    expect(has(connect({ transform: {}, parsers: {} }), 'execute', 'connect')).toEqual([])
  })

  test('BullMQ traces by one method, which reads the name and the option telemetry', async () => {
    const { QueueBase } = require('bullmq') as { QueueBase: { prototype: { trace: Callable } } }
    const span = { setAttributes() {}, setSpanOnContext: (own: unknown) => own, end() {} }
    const contextManager = { active: () => 1, with: (_own: unknown, run: Callable) => run() }
    const telemetry = { tracer: { startSpan: () => span }, contextManager }
    const self = { name: 'mails', opts: { telemetry } }
    expect(await QueueBase.prototype.trace.call(self, 3, 'add', 'mails', (given: unknown) => given === span)).toBe(true)
  })

  test('cron adds a task by addCallback, and croner runs one by _trigger', () => {
    expect(has(require('cron').CronJob.prototype, 'addCallback')).toEqual([])
    expect(has(require('croner').Cron.prototype, '_trigger')).toEqual([])
  })

  test('LangChain finds the handlers of a run by _configureSync of its callback manager', () => {
    const { CallbackManager } = require('@langchain/core/callbacks/manager') as { CallbackManager: object }
    expect(has(CallbackManager, '_configureSync')).toEqual([])
  })

  test('grpc-js listens to streams by methods named _streamHandler or _channelzHandler', () => {
    const server = readFileSync(path.join(ROOT, 'node_modules/@grpc/grpc-js/build/src/server.js'), 'utf8')
    expect(server).toMatch(/_streamHandler\(/)
    expect(server).toMatch(/_channelzHandler\(/)
  })
})
