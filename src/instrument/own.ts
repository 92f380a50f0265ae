/** Instrumentations by code of our own, in place of OpenTelemetry's or where it has none: each is a chunk that loads when its target does. */
import type { Instrumentation } from '@opentelemetry/instrumentation'
import type { LogCorrelationOptions } from '../config/options.ts'
import { loadLazily } from '../lazy.ts'
import type * as Bullmq from './bullmq/index.ts'
import { CLASSES } from './catalogue.generated.ts'
import type * as ConnectRpc from './connect-rpc/index.ts'
import type * as Cron from './cron/index.ts'
import type * as Express from './express/index.ts'
import type * as Ai from './genai/ai.ts'
import type * as Graphql from './graphql/index.ts'
import type * as Http from './http/index.ts'
import type * as Http2 from './http2/index.ts'
import type * as Ioredis from './ioredis/index.ts'
import type * as Langchain from './langchain/index.ts'
import type * as Mysql2 from './mysql2/index.ts'
import type * as Nest from './nest/instrumentation.ts'
import type * as Nodemailer from './nodemailer/index.ts'
import type { InstrumentationName, InstrumentationSettings } from './options.ts'
import type * as Pg from './pg/index.ts'
import type * as Pino from './pino/instrumentation.ts'
import type * as Postgres from './postgres/index.ts'
import type * as Redis from './redis/index.ts'
import type * as Routes from './routes/instrumentation.ts'
import type * as BetterSqlite3 from './sqlite/better-sqlite3.ts'
import type * as NodeSqlite from './sqlite/node-sqlite.ts'
import { EXPRESS_ROUTER, GRAPHQL_17, NEST_LOGS, ROUTES } from './targets.ts'
import type * as Trpc from './trpc/index.ts'
import type * as Undici from './undici/index.ts'
import type * as Ws from './ws/index.ts'

type Create = (config: Record<string, unknown>) => Instrumentation

const OWN: Partial<Record<InstrumentationName, Create>> = {
  http: (config) => loadLazily<typeof Http>('http').createHttp(config),
  express: () => loadLazily<typeof Express>('express').createExpress(),
  undici: (config) => loadLazily<typeof Undici>('undici').createUndici(config),
  pg: (config) => loadLazily<typeof Pg>('pg').createPg(config),
  ioredis: (config) => loadLazily<typeof Ioredis>('ioredis').createIoredis(config),
  redis: (config) => loadLazily<typeof Redis>('redis').createRedis(config),
  mysql2: (config) => loadLazily<typeof Mysql2>('mysql2').createMysql2(config),
  postgres: (config) => loadLazily<typeof Postgres>('postgres').createPostgres(config),
  'better-sqlite3': (config) => loadLazily<typeof BetterSqlite3>('better-sqlite3').createBetterSqlite3(config),
  'node-sqlite': (config) => loadLazily<typeof NodeSqlite>('node-sqlite').createNodeSqlite(config),
  ai: (config) => loadLazily<typeof Ai>('ai').createAi(config),
  http2: (config) => loadLazily<typeof Http2>('http2').createHttp2(config),
  'connect-rpc': (config) => loadLazily<typeof ConnectRpc>('connect-rpc').createConnectRpc(config),
  langchain: (config) => loadLazily<typeof Langchain>('langchain').createLangchain(config),
  trpc: () => loadLazily<typeof Trpc>('trpc').createTrpc(),
  ws: (config) => loadLazily<typeof Ws>('ws').createWs(config),
  bullmq: (config) => loadLazily<typeof Bullmq>('bullmq').createBullmq(config),
  nodemailer: (config) => loadLazily<typeof Nodemailer>('nodemailer').createNodemailer(config),
  cron: (config) => loadLazily<typeof Cron>('cron').createCron(config),
  croner: (config) => loadLazily<typeof Cron>('cron').createCroner(config),
  'node-cron': (config) => loadLazily<typeof Cron>('cron').createNodeCron(config),
}

/** With settings of the user's own, OpenTelemetry's instrumentation sees to them all, where there is one. */
export function chooseOwn(settings: InstrumentationSettings): Record<string, Create> {
  const chosen = Object.entries(OWN).filter(
    ([name]) => typeof settings[name as InstrumentationName] !== 'object' || !Object.hasOwn(CLASSES, name),
  )
  return {
    ...Object.fromEntries(chosen),
    pino: (config: LogCorrelationOptions) => loadLazily<typeof Pino>('pino').createPinoInstrumentation(config),
    [GRAPHQL_17]: (config: Record<string, unknown>) => loadLazily<typeof Graphql>('graphql').createGraphql17(config),
    [NEST_LOGS]: (config) => loadLazily<typeof Nest>('nest').createNest(config),
    [EXPRESS_ROUTER]: () => loadLazily<typeof Express>('express').createRouter(typeof settings.express !== 'object'),
    [ROUTES]: () => loadLazily<typeof Routes>('routes').createRoutes(),
  }
}
