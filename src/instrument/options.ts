/** What a user can say about instrumentations. */
import type { Instrumentation } from '@opentelemetry/instrumentation'

/** Names of the catalogue, which is that of `@opentelemetry/auto-instrumentations-node`, and in the last lines of what is traced by code of our own. */
export type InstrumentationName =
  | 'amqplib' | 'aws-lambda' | 'aws-sdk' | 'bunyan' | 'cassandra-driver' | 'connect' | 'cucumber' | 'dataloader' | 'dns' | 'express' | 'fs'
  | 'generic-pool' | 'graphql' | 'grpc' | 'hapi' | 'host-metrics' | 'http' | 'ioredis' | 'kafkajs' | 'knex' | 'koa' | 'lru-memoizer'
  | 'memcached' | 'mongodb' | 'mongoose' | 'mysql' | 'mysql2' | 'nestjs-core' | 'net' | 'openai' | 'oracledb' | 'pg' | 'pino' | 'redis'
  | 'restify' | 'router' | 'runtime-node' | 'socket.io' | 'tedious' | 'undici' | 'winston'
  | 'ai' | 'better-sqlite3' | 'bullmq' | 'connect-rpc' | 'cron' | 'croner' | 'http2' | 'langchain' | 'node-cron' | 'node-sqlite'
  | 'nodemailer' | 'postgres' | 'trpc' | 'ws' // biome-ignore format: a table

/** `false` turns an instrumentation off, `true` on, an object is its own configuration (and turns it on). */
export type InstrumentationSettings = Partial<Record<InstrumentationName, boolean | Readonly<Record<string, unknown>>>>

/** Settings by name, and in `add` instrumentations of your own; or just the list of those. */
export type InstrumentationsOption =
  | (InstrumentationSettings & { add?: ReadonlyArray<Instrumentation | readonly Instrumentation[]> })
  | ReadonlyArray<Instrumentation | readonly Instrumentation[]>
