/** What cannot be traced because of when, or in which version, it was loaded: said once, by name, and given as data. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takenIn } from '../../../src/instrument/late/taken-names.ts'
import { type Sink, startSink } from '../../faults/sink.ts'
import { runSource } from '../../support/run-node.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const own = (): string =>
  `const telemetry = configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', metricsEnabled: false })`
const PRINT = `const { late, unsupported } = telemetry.diagnostics(); console.log(JSON.stringify({ late: late.filter(({ version }) => version), unsupported }))`

test.for([
  [`const { server } = require('@hapi/hapi')`, ['server']],
  [`const { server: make, Server } = require("@hapi/hapi")`, ['server', 'Server']],
  [`var server = require('@hapi/hapi').server`, ['server']],
  [`import { server as make } from '@hapi/hapi'`, ['server']],
  [`import hapi, { server } from '@hapi/hapi'`, ['server', 'default']],
  [`import hapi from '@hapi/hapi'`, ['default']],
  [`const hapi = require('@hapi/hapi')`, ['default']],
  [`const { a } = require('@hapi/hapiness'); import { b } from './hapi'`, []],
  [`const {\n  server,\n  Server = 1,\n} = require('@hapi/hapi')`, ['server', 'Server']],
] as const)('the names taken by %s', ([source, names]) => {
  expect(takenIn(source, '@hapi/hapi')).toEqual(names)
})

test('a function taken before configure: one warning names package, version, file and fix', async () => {
  const source = `const { server } = require('@hapi/hapi'); const { Redis } = require('ioredis'); const { configureOpentelemetry } = require('uptrace-node')\n${own()}; ${PRINT}`
  const { stdout, stderr, code } = await runSource('cjs', source)
  expect(code).toBe(0)
  const lines = stderr.split('\n').filter((line) => line !== '')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(
    /^uptrace: @hapi\/hapi 21\.\d+\.\d+ was loaded before telemetry was configured \(by .*main\.cjs\), and server had been taken from it: .*--import uptrace-node\/register/,
  )
  const { late } = JSON.parse(stdout)
  expect(late).toContainEqual(expect.objectContaining({ module: '@hapi/hapi', taken: ['server'] }))
  // its methods are patched on the prototype, which every instance shares
  expect(late).toContainEqual(expect.objectContaining({ module: 'ioredis', taken: [] }))
})

test('an ES module that imports by name is found as well', async () => {
  const source = `import { server } from '@hapi/hapi'\nimport { configureOpentelemetry } from 'uptrace-node'\n${own()}; void server`
  expect((await runSource('mjs', source)).stderr).toMatch(/@hapi\/hapi 21.* server had been taken from it/)
})

test('a package taken as a whole is patched in place and nothing is said', async () => {
  const source = `const hapi = require('@hapi/hapi'); const grpc = require('@grpc/grpc-js'); const { configureOpentelemetry } = require('uptrace-node')\n${own()}`
  expect(await runSource('cjs', source)).toMatchObject({ code: 0, stderr: '' })
})

test.for(['before', 'after'])('a version that is not supported, loaded %s configure', async (moment) => {
  const prepare = `const fs = require('fs'); const file = __dirname + '/node_modules/express/package.json'; fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file)), version: '99.1.0' }))`
  const load = `require('express')`
  const configure = `const { configureOpentelemetry } = require('uptrace-node'); ${own()}`
  const order = moment === 'before' ? [prepare, load, configure] : [prepare, configure, load]
  const { code, stdout, stderr } = await runSource('cjs', `${order.join('\n')}\n${PRINT}\nsetTimeout(() => {}, 1000)`, {
    aliases: { express: 'express' },
  })
  expect(code).toBe(0)
  expect(stderr).toMatch(/^uptrace: express 99\.1\.0 is not traced: instrumentation-express supports >=4\S* <6/)
  expect(stderr.split('\n').filter((line) => line !== '')).toHaveLength(1)
  expect(JSON.parse(stdout).unsupported).toEqual([
    { module: 'express', version: '99.1.0', supported: [expect.stringContaining('<6')], instrumentation: 'express' },
  ])
})
