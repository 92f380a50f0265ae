/** Hooks of the application that are async and reject, in any instrumentation, end no process and cost no span. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../../faults/sink.ts'
import { runSource } from '../../support/run-node.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const HOOKS = [
  'requestHook',
  'responseHook',
  'applyCustomAttributesOnSpan',
  'startSpanHook',
  'logHook',
  'startIncomingSpanHook',
]

test('of http, fetch, express, graphql (of OpenTelemetry) and winston (of OpenTelemetry)', async () => {
  const settings = Object.fromEntries(
    ['http', 'undici', 'express', 'graphql', 'winston'].map((name) => [
      name,
      `{ ${HOOKS.map((hook) => `${hook}: fails`).join(', ')} }`,
    ]),
  )
  const source = `
const { configureOpentelemetry, forceFlush } = require('uptrace-node')
const fails = async () => { throw Object.create(null) }
configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', metricsEnabled: false, instrumentations: { ${Object.entries(settings).map(([name, hooks]) => `${name}: ${hooks}`)} } })
const http = require('http'), express = require('express'), { buildSchema, graphql } = require('graphql')
const winston = require('winston')
const logger = winston.createLogger({ transports: [new winston.transports.Stream({ stream: new (require('stream').Writable)({ write: (chunk, encoding, done) => done() }) })] })
const app = express()
app.get('/in', async (request, response) => {
  await graphql({ schema: buildSchema('type Query { a: Int }'), source: '{ a }', rootValue: { a: 1 } })
  logger.info('w'); response.end('ok')
})
const server = http.createServer(app).listen(0, async () => {
  const url = 'http://127.0.0.1:' + server.address().port + '/in'
  await (await fetch(url)).text()
  await new Promise((resolve) => http.get(url, (response) => response.resume().on('end', resolve)))
  await forceFlush(); console.log('alive'); process.exit()
})`
  const { code, stdout, stderr } = await runSource('cjs', source)
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'alive\n' })
  const told = [...stderr.matchAll(/^uptrace: (\w+) of the instrumentation ([\w-]+) failed: an error/gm)]
  expect(new Set(told.map(([, , name]) => name))).toEqual(new Set(['http', 'undici', 'express', 'graphql', 'winston']))
  expect(told).toHaveLength(stderr.trim().split('\n').length)
  const names = sink.items('traces').map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['GET', 'GET /in', 'query']))
})
