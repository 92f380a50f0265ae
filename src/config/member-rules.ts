/** Rules of the options that hold what the caller names: headers, attributes, instrumentations, views. */
import type { InstrumentationName } from '../instrument/options.ts'
import { findHeaderProblem, findWrongHeader } from './headers.ts'
import {
  amount,
  attempt,
  eitherOf,
  flag,
  having,
  isObject,
  listOf,
  mapOf,
  type Rule,
  refuse,
  rule,
  shape,
  text,
} from './rules.ts'

/** The compiler sees to it that none is missing. */
const INSTRUMENTATIONS: Readonly<Record<InstrumentationName, 1>> = {
  amqplib: 1, 'aws-lambda': 1, 'aws-sdk': 1, bunyan: 1, 'cassandra-driver': 1, connect: 1, cucumber: 1, dataloader: 1, dns: 1, express: 1, fs: 1,
  'generic-pool': 1, graphql: 1, grpc: 1, hapi: 1, 'host-metrics': 1, http: 1, ioredis: 1, kafkajs: 1, knex: 1, koa: 1, 'lru-memoizer': 1,
  memcached: 1, mongodb: 1, mongoose: 1, mysql: 1, mysql2: 1, 'nestjs-core': 1, net: 1, openai: 1, oracledb: 1, pg: 1, pino: 1, redis: 1,
  restify: 1, router: 1, 'runtime-node': 1, 'socket.io': 1, tedious: 1, undici: 1, winston: 1,
  ai: 1, 'better-sqlite3': 1, bullmq: 1, 'connect-rpc': 1, cron: 1, croner: 1, http2: 1, langchain: 1, 'node-cron': 1,
  'node-sqlite': 1, nodemailer: 1, postgres: 1, trpc: 1, ws: 1,
} // biome-ignore format: a table

const header: Rule = (value, at) => {
  text(value, at)
  if (findHeaderProblem('x', value as string) !== undefined)
    refuse('ERR_OPTION_TYPE', at, 'a text without line breaks and other characters that HTTP forbids', value)
}
export const headers: Rule = (value, at) => {
  mapOf('an object of strings', header)(value, at)
  const wrong = attempt(at, () => findWrongHeader(value as Record<string, string>))
  if (wrong)
    refuse('ERR_OPTION_TYPE', at, `headers that can be sent (${JSON.stringify(wrong.name)}: ${wrong.problem})`, value)
}

const isAttribute = (value: unknown): boolean =>
  ['string', 'number', 'boolean', 'bigint'].includes(typeof value) || value === null

export const createAttributesRule = (): Rule =>
  mapOf(
    'an object of attributes',
    rule('a string, a number, true, false, or a list of them', (value) =>
      Array.isArray(value)
        ? Array.from(value).every((item) => item === undefined || isAttribute(item))
        : isAttribute(value),
    ),
  )

export function createInstrumentationsRule(): Rule {
  const instrumentation = having('an instrumentation', 'enable', 'disable', 'setTracerProvider')
  const instrumentationList = listOf(
    'a list of instrumentations',
    eitherOf(
      'an instrumentation',
      listOf('a list of instrumentations', instrumentation),
      Array.isArray,
      instrumentation,
    ),
  )
  const settings = mapOf('true, false or an object', (value, at) => {
    if (/hook$/i.test(at.path) && typeof value !== 'function' && !isObject(value))
      refuse('ERR_OPTION_TYPE', at, 'a function', value)
  })
  const instrumentationsByName = shape({
    ...Object.fromEntries(
      Object.keys(INSTRUMENTATIONS).map((name) => [
        name,
        eitherOf('true, false or an object', flag, (value) => typeof value === 'boolean', settings),
      ]),
    ),
    add: instrumentationList,
  })
  return eitherOf(
    'an object by name or a list of instrumentations',
    instrumentationList,
    Array.isArray,
    instrumentationsByName,
  )
}

export function createViewRule(): Rule {
  const selectors = ['instrumentName', 'instrumentUnit', 'meterName', 'meterVersion', 'meterSchemaUrl']
  const members = shape({
    ...Object.fromEntries([...selectors, 'name', 'description'].map((name) => [name, text])),
    instrumentType: text,
    aggregation: rule(
      'an aggregation: { type, options }',
      (value) => isObject(value) && Number(value.type) in [0, 1, 2, 3, 4, 5],
    ),
    attributesProcessors: listOf('a list of attribute processors', having('an attribute processor', 'process')),
    aggregationCardinalityLimit: amount('a whole number above 0', (value) => Number.isSafeInteger(value) && value > 0),
  })
  return (value, at) => {
    members(value, at)
    const options = value as Record<string, unknown>
    if (![...selectors, 'instrumentType'].some((name) => options[name] != null))
      refuse('ERR_OPTION_TYPE', at, 'view options with a selector such as instrumentName', value)
    if (options.name != null && (options.instrumentName == null || /[*?]/.test(String(options.instrumentName))))
      refuse('ERR_OPTION_TYPE', at, 'view options with one instrumentName where they have a name', value)
  }
}
