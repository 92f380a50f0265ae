/** Hands the functions of instrumentations to fakes of libraries, and prints which of them V8 holds for old. Needs `--allow-natives-syntax`. */

import diagnosticsChannel from 'node:diagnostics_channel'
import type { Span } from '@opentelemetry/api'
import { EXCHANGE, type Exchange } from '../../src/instrument/http/exchange.ts'
import { watchFastifyRoutes } from '../../src/instrument/http/fastify-route.ts'
import { wrapSendCommand } from '../../src/instrument/ioredis/commands.ts'
import { wrapPoolConnect } from '../../src/instrument/pg/connect.ts'
import type { Pool } from '../../src/instrument/pg/tracing.ts'

const isYoung = new Function('given', 'return %InYoungGeneration(given)') as (given: unknown) => boolean
const ends: string[] = []
const spanOf = (name: string): Span => ({ end: () => ends.push(name) }) as unknown as Span
const tracing = { isEnabled: () => true, startSpan: spanOf }
const say = (name: string, value: unknown): void => console.log(`${name} ${JSON.stringify(value)}`)

const settled: unknown[] = []
const command = { name: 'get', args: ['a'], resolve: (result: unknown) => settled.push(result), reject: () => {} }
const { resolve, reject } = command
wrapSendCommand(() => undefined, tracing).call({ options: {} }, command)
say('ioredis', [command.resolve, command.reject].map(isYoung))
command.resolve('kept')
say('ioredis settled', [settled, ends, command.resolve === resolve, command.reject === reject])

let given: unknown
const connect = wrapPoolConnect(
  (callback) => {
    given = callback
  },
  { ...tracing, sqlComments: false } as never,
  () => {},
)
connect.call({ options: {} } as unknown as Pool, () => {})
say('pg-pool', [given].map(isYoung))

const exchange = {} as Exchange
const hooks: Array<(request: unknown, reply: unknown, done: () => void) => void> = []
watchFastifyRoutes()
diagnosticsChannel.channel('fastify.initialization').publish({
  fastify: { addHook: (_: string, hook: (typeof hooks)[number]) => hooks.push(hook) },
})
for (const hook of hooks) hook({ raw: { [EXCHANGE]: exchange } }, undefined, () => {})
say('fastify', [exchange.findRoute].map(isYoung))
