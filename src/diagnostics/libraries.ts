/** What is said of libraries, in docs/instrumentation.md and by `doctor`: what of each is traced, and which are not and what to do then. */

export interface Library {
  /** Of the catalogue. */
  readonly instrumentation: string
  readonly traced: string
  readonly not?: string
}

const LOADED_EARLY = 'where it was imported before `configureOpentelemetry`: preload'

/** Package, or built-in with `node:`. */
export const LIBRARIES: Readonly<Record<string, Library>> = {
  'node:http': { instrumentation: 'http', traced: 'requests in and out, durations' },
  'node:https': { instrumentation: 'http', traced: 'as node:http' },
  'node:http2': {
    instrumentation: 'http2',
    traced: 'streams of a server, by both APIs; requests of a client',
    not: 'pushed streams; those of gRPC, which has spans of its own',
  },
  'node:sqlite': {
    instrumentation: 'node-sqlite',
    traced: '`exec` and prepared statements',
    not: 'opening and closing',
  },
  'node:net': { instrumentation: 'net', traced: 'off by default; connections' },
  'node:dns': { instrumentation: 'dns', traced: 'off by default; lookups' },
  'node:fs': { instrumentation: 'fs', traced: 'off by default; calls' },
  undici: { instrumentation: 'undici', traced: 'requests, of `fetch` too, durations' },
  express: { instrumentation: 'express', traced: 'routes, request handlers', not: 'middleware, by default' },
  koa: { instrumentation: 'koa', traced: 'routes', not: 'middleware, by default' },
  '@hapi/hapi': { instrumentation: 'hapi', traced: 'routes, extensions' },
  '@nestjs/core': {
    instrumentation: 'nestjs-core',
    traced: 'start, controllers, handlers',
    not: `version 12 ${LOADED_EARLY}`,
  },
  restify: { instrumentation: 'restify', traced: 'routes, handlers' },
  connect: { instrumentation: 'connect', traced: 'off by default; middleware' },
  router: { instrumentation: 'router', traced: 'off by default; layers' },
  '@grpc/grpc-js': { instrumentation: 'grpc', traced: 'calls of clients and servers' },
  '@connectrpc/connect-node': {
    instrumentation: 'connect-rpc',
    traced: 'calls of clients; requests of servers are named by the procedure',
    not: LOADED_EARLY,
  },
  'socket.io': {
    instrumentation: 'socket.io',
    traced: 'messages in, each a trace of its own that is linked to the connection, and out',
  },
  ws: {
    instrumentation: 'ws',
    traced: 'upgrades; messages in, each a trace of its own that is linked to the upgrade, and out',
    not: 'pings; messages, with `ws: { messages: false }`',
  },
  '@trpc/server': {
    instrumentation: 'trpc',
    traced: 'procedures',
    not: `calls of clients, which are requests; all, ${LOADED_EARLY}`,
  },
  graphql: {
    instrumentation: 'graphql',
    traced: 'parsing, validation, operations, resolvers',
    not: 'fields that are only read',
  },
  pg: { instrumentation: 'pg', traced: 'queries, connecting, durations, pools' },
  'pg-pool': { instrumentation: 'pg', traced: 'connecting, counts' },
  postgres: {
    instrumentation: 'postgres',
    traced: 'queries, transactions and cursors, durations',
    not: `connecting; all, ${LOADED_EARLY} (by \`import\`)`,
  },
  'better-sqlite3': {
    instrumentation: 'better-sqlite3',
    traced: '`exec` and prepared statements, durations',
    not: 'BEGIN and COMMIT of `transaction()`',
  },
  mysql: { instrumentation: 'mysql', traced: 'queries, connections of pools' },
  mysql2: { instrumentation: 'mysql2', traced: 'queries' },
  mongodb: { instrumentation: 'mongodb', traced: 'commands' },
  mongoose: { instrumentation: 'mongoose', traced: 'operations of models' },
  redis: { instrumentation: 'redis', traced: 'commands, connecting' },
  '@redis/client': { instrumentation: 'redis', traced: 'as redis' },
  ioredis: { instrumentation: 'ioredis', traced: 'commands, connecting' },
  memcached: { instrumentation: 'memcached', traced: 'commands' },
  'cassandra-driver': { instrumentation: 'cassandra-driver', traced: 'queries' },
  tedious: { instrumentation: 'tedious', traced: 'requests; what `mssql` and Sequelize send too' },
  oracledb: { instrumentation: 'oracledb', traced: 'statements' },
  knex: { instrumentation: 'knex', traced: 'queries, above those of the driver' },
  dataloader: { instrumentation: 'dataloader', traced: 'loads and batches' },
  'generic-pool': { instrumentation: 'generic-pool', traced: 'waiting for a resource' },
  'lru-memoizer': { instrumentation: 'lru-memoizer', traced: 'no spans; keeps the context' },
  bullmq: {
    instrumentation: 'bullmq',
    traced: 'adding; processing, which continues the trace of whoever added the job',
    not: 'polling and other housekeeping; queues and workers with a `telemetry` of their own make their own spans',
  },
  kafkajs: { instrumentation: 'kafkajs', traced: 'sending, receiving' },
  amqplib: { instrumentation: 'amqplib', traced: 'publishing, consuming' },
  cron: { instrumentation: 'cron', traced: 'each run, a trace of its own' },
  croner: { instrumentation: 'croner', traced: 'each run, a trace of its own' },
  'node-cron': {
    instrumentation: 'node-cron',
    traced: 'each run, a trace of its own',
    not: 'tasks in files of their own',
  },
  nodemailer: { instrumentation: 'nodemailer', traced: 'sending, without addresses and texts' },
  openai: {
    instrumentation: 'openai',
    traced: 'chats, responses, embeddings; tokens',
    not: 'content, by default; all, where it was imported before `configureOpentelemetry`: preload',
  },
  ai: {
    instrumentation: 'ai',
    traced: 'generations, model calls, tools, embeddings; tokens',
    not: 'content, by default; tokens of streams; where `@ai-sdk/otel` is registered, that makes the spans',
  },
  '@langchain/core': {
    instrumentation: 'langchain',
    traced: 'models, tools, retrievers, the outermost chain; tokens',
    not: `content, by default; inner chains; all, ${LOADED_EARLY}`,
  },
  '@smithy/core': { instrumentation: 'aws-sdk', traced: 'calls of the AWS SDK' },
  '@smithy/smithy-client': { instrumentation: 'aws-sdk', traced: 'as above, older versions' },
  pino: { instrumentation: 'pino', traced: 'ids on lines, records' },
  winston: { instrumentation: 'winston', traced: 'ids on lines, records' },
  bunyan: { instrumentation: 'bunyan', traced: 'ids on lines, records' },
  '@cucumber/cucumber': { instrumentation: 'cucumber', traced: 'off by default; features, scenarios, steps' },
  hono: { instrumentation: 'http', traced: 'routes', not: LOADED_EARLY },
  h3: { instrumentation: 'http', traced: 'routes', not: LOADED_EARLY },
}

const OWN = 'it makes spans of its own, which arrive'
const BY_HTTP = 'its requests are, as those of http and fetch'

/** Libraries that talk to something and have no instrumentation here -> what of them is seen, or what to do. */
export const UNTRACED: Readonly<Record<string, string>> = {
  '@prisma/client': 'add @prisma/instrumentation to instrumentations.add',
  '@anthropic-ai/sdk': `1.x: ${OWN}; before that ${BY_HTTP}`,
  '@google-cloud/pubsub': `${OWN} with enableOpenTelemetryTracing: true`,
  '@azure/service-bus': 'add @azure/opentelemetry-instrumentation-azure-sdk to instrumentations.add',
  '@elastic/elasticsearch': OWN,
  '@opensearch-project/opensearch': BY_HTTP,
  '@clickhouse/client': BY_HTTP,
  '@google/genai': BY_HTTP,
  '@aws-sdk/client-bedrock-runtime': 'its calls are, as those of the AWS SDK',
  '@confluentinc/kafka-javascript': 'spans are missing: trace what sends and receives by hand',
  '@nats-io/transport-node': 'spans are missing: trace what publishes and subscribes by hand',
  nats: 'spans are missing: trace what publishes and subscribes by hand',
  mqtt: 'spans are missing: trace what publishes and subscribes by hand',
  'node-rdkafka': 'spans are missing: trace what sends and receives by hand',
  rhea: 'spans are missing: trace what sends and receives by hand',
  'neo4j-driver': 'spans are missing: trace queries by hand',
  sqlite3: 'spans are missing: better-sqlite3 and node:sqlite are traced',
  libsql: 'spans are missing: better-sqlite3 and node:sqlite are traced',
  couchbase: `${OWN} with its option tracer`,
  bull: 'spans are missing: BullMQ, which follows it, is traced',
  'bee-queue': 'spans are missing: trace processors by hand',
  agenda: 'only its commands to MongoDB are',
  'pg-boss': `its newest versions: ${OWN}; before that only its queries are`,
  'node-schedule': 'spans are missing: cron, croner and node-cron are traced',
  'socket.io-client': 'spans are missing: servers are traced',
  ssh2: 'spans are missing: trace what uses it by hand',
  'basic-ftp': 'spans are missing: trace what uses it by hand',
}

/** Those of `packages` that nothing traces, with what there is to say. */
export function findUntraced(packages: readonly string[]): Array<readonly [name: string, detail: string]> {
  return packages.filter((name) => Object.hasOwn(UNTRACED, name)).map((name) => [name, UNTRACED[name]!] as const)
}
