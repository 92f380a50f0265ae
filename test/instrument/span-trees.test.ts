/** The whole tree of spans that each library makes: in CommonJS and ESM, loaded before and after configure. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { createTls } from '../faults/tls.ts'
import { runSource } from '../support/run-node.ts'
import type { Decoded } from '../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

interface Case {
  readonly name: string
  readonly imports: Readonly<Record<string, string>>
  readonly work: string
  /** `kind name` below the span `work`, by indentation. */
  readonly tree: readonly string[]
  readonly needs?: string
  readonly aliases?: Readonly<Record<string, string>>
}

const ask = (path: string): string => `await (await fetch('http://127.0.0.1:' + port + '${path}')).text()`
const POSTGRES = 'UPTRACE_TEST_POSTGRES_URL'
const EXPRESS = `const app = express(); app.use((request, response, next) => next()); const posts = express.Router(); posts.get('/:id', (request, response) => response.send('ok')); app.use('/posts', posts)
  app.get('/fails', (request, response, next) => next(new Error('it fails'))); app.use((error, request, response, next) => response.status(500).send('failed'))
  const server = app.listen(0); const { port } = server.address(); ${ask('/posts/1')}; ${ask('/fails')}; ${ask('/none')}; server.close()`
const expressTree = (handler: (route: string) => string): string[] => [
  'client GET',
  '  server GET /posts/:id',
  `    internal ${handler('/posts/:id')}`,
  'client GET!',
  '  server GET /fails!',
  `    internal ${handler('/fails')}!`,
  'client GET!',
  '  server GET',
]

const CASES: readonly Case[] = [
  { name: 'express 5', imports: { express: 'express' }, work: EXPRESS, tree: expressTree(() => 'request handler') },
  {
    name: 'express 4',
    imports: { express: 'express' },
    aliases: { express: 'express-4' },
    work: EXPRESS,
    tree: expressTree((route) => `request handler - ${route}`),
  },
  {
    name: 'fastify',
    imports: { fastify: 'fastify' },
    work: `const app = fastify(); app.get('/posts/:id', async () => 'ok'); await app.listen({ port: 0, host: '127.0.0.1' }); const { port } = app.server.address(); ${ask('/posts/1')}; await app.close()`,
    tree: ['client GET', '  server GET /posts/:id'],
  },
  {
    name: 'koa',
    imports: { koa: 'Koa', '@koa/router': 'Router' },
    work: `const router = new (Router.Router ?? Router)(); router.get('/posts/:id', (context) => { context.body = 'ok' }); const server = new Koa().use(router.routes()).listen(0); const { port } = server.address(); ${ask('/posts/1')}; server.close()`,
    tree: ['client GET', '  server GET /posts/:id'],
  },
  {
    name: 'hapi',
    imports: { '@hapi/hapi': 'hapi' },
    work: `const app = hapi.server({ port: 0, host: '127.0.0.1' }); app.route({ method: 'GET', path: '/posts/{id}', handler: () => 'ok' }); await app.start(); const { port } = app.info; ${ask('/posts/1')}; await app.stop()`,
    tree: ['client GET', '  server GET /posts/{id}', '    internal route - /posts/{id}'],
  },
  {
    name: 'NestJS',
    imports: {
      'reflect-metadata': 'metadata',
      '@nestjs/common': '{ Controller, Get, Module }',
      '@nestjs/core': '{ NestFactory }',
    },
    work: `class Posts { find() { return 'ok' } }; Controller('posts')(Posts); Get(':id')(Posts.prototype, 'find', Object.getOwnPropertyDescriptor(Posts.prototype, 'find'))
      class App {}; Module({ controllers: [Posts] })(App); void metadata; const app = await NestFactory.create(App, { logger: false }); await app.listen(0); const { port } = app.getHttpServer().address(); ${ask('/posts/1')}; await app.close()`,
    tree: [
      'internal Create Nest App',
      'client GET',
      '  server GET /posts/:id',
      '    internal request handler',
      '      internal Posts.find',
      '        internal find',
    ],
  },
  {
    name: 'https',
    imports: { 'node:https': 'https' },
    work: `const server = https.createServer(JSON.parse(process.env.TLS), (request, response) => response.end('ok')).listen(0); await new Promise((resolve, reject) => https.get({ port: server.address().port, host: 'localhost', path: '/x' }, (response) => response.resume().on('end', resolve)).on('error', reject)); server.close()`,
    tree: ['client GET', '  server GET'],
  },
  {
    name: 'drizzle on pg',
    needs: POSTGRES,
    imports: { pg: 'pg', 'drizzle-orm/node-postgres': '{ drizzle }', 'drizzle-orm': '{ sql }' },
    work: `const pool = new pg.Pool({ connectionString: process.env.${POSTGRES}, max: 1 }); const db = drizzle({ client: pool }); await db.transaction(async (tx) => { await tx.execute(sql\`SELECT 1 AS one\`) }); await pool.end()`,
    tree: ['client pg-pool.connect', '  client pg.connect', 'client BEGIN', 'client SELECT', 'client COMMIT'],
  },
  {
    name: 'knex on pg, a statement that fails',
    needs: POSTGRES,
    imports: { knex: 'knex' },
    work: `const db = knex({ client: 'pg', connection: process.env.${POSTGRES}, pool: { min: 0, max: 1 } }); await db.raw('SELECT 1'); await db.raw('SELECT nothing FROM nowhere').catch(() => {}); await db.destroy()`,
    tree: [
      'client pg.connect',
      'client SELECT',
      'client SELECT',
      '  client SELECT',
      'client SELECT nowhere!',
      '  client SELECT nowhere!',
    ],
  },
  {
    name: 'mysql2',
    needs: 'UPTRACE_TEST_MYSQL_URL',
    imports: { mysql2: 'mysql' },
    work: `const connection = mysql.createConnection(process.env.UPTRACE_TEST_MYSQL_URL).promise(); await connection.query('SELECT 1'); await connection.execute('SELECT ?', [2]); await connection.query('SELECT nothing FROM nowhere').catch(() => {}); await connection.end()`,
    tree: ['client SELECT', 'client SELECT', 'client SELECT nowhere!'],
  },
  {
    name: 'ioredis',
    needs: 'UPTRACE_TEST_REDIS_URL',
    imports: { ioredis: '{ Redis }' },
    work: `const redis = new Redis(process.env.UPTRACE_TEST_REDIS_URL, { disableClientInfo: true }); await redis.set('trees', 1); await redis.multi().get('trees').del('trees').exec(); await redis.quit()`,
    tree: [
      'client connect',
      'client set',
      'client hello',
      'client info',
      'client set',
      'client multi',
      'client get',
      'client del',
      'client exec',
      'client quit',
    ],
  },
  {
    name: 'redis',
    needs: 'UPTRACE_TEST_REDIS_URL',
    imports: { redis: '{ createClient }' },
    work: `const client = createClient({ url: process.env.UPTRACE_TEST_REDIS_URL, disableClientInfo: true }); await client.connect(); await client.set('trees', '1'); await client.multi().get('trees').del('trees').exec(); await client.close()`,
    tree: ['client redis-connect', 'client redis-SET', 'client redis-GET', 'client redis-DEL'],
  },
  {
    name: 'amqplib',
    needs: 'UPTRACE_TEST_AMQP_URL',
    imports: { amqplib: 'amqplib' },
    work: `const connection = await amqplib.connect(process.env.UPTRACE_TEST_AMQP_URL); const channel = await connection.createConfirmChannel(); await channel.assertQueue('trees', { exclusive: true }); const got = new Promise((resolve) => channel.consume('trees', (message) => { channel.ack(message); resolve() })); channel.sendToQueue('trees', Buffer.from('hi')); await channel.waitForConfirms(); await got; await connection.close()`,
    tree: ['producer publish <default>', '  consumer trees process'],
  },
  {
    name: 'grpc-js, a call that fails',
    imports: { '@grpc/grpc-js': 'grpc' },
    work: `const definition = { Echo: { path: '/test.Echo/Echo', requestStream: false, responseStream: false, requestSerialize: Buffer.from, requestDeserialize: String, responseSerialize: Buffer.from, responseDeserialize: String } }
      const server = new grpc.Server(); server.addService(definition, { Echo: ({ request }, callback) => request === 'bad' ? callback({ code: grpc.status.NOT_FOUND }) : callback(null, request) })
      const port = await new Promise((resolve) => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => resolve(bound)))
      const Client = grpc.makeGenericClientConstructor(definition, 'Echo'); const client = new Client('127.0.0.1:' + port, grpc.credentials.createInsecure())
      await new Promise((resolve) => client.Echo('hi', resolve)); await new Promise((resolve) => client.Echo('bad', resolve)); client.close(); await new Promise((resolve) => server.tryShutdown(resolve))`,
    tree: [
      'client grpc.test.Echo/Echo',
      '  server grpc.test.Echo/Echo',
      'client grpc.test.Echo/Echo!',
      '  server grpc.test.Echo/Echo!',
    ],
  },
]

const SYSTEMS = ['cjs', 'mjs'] as const
const MOMENTS = ['before', 'after'] as const
const all = CASES.flatMap((one) =>
  SYSTEMS.flatMap((system) => MOMENTS.map((moment) => [one.name, system, moment, one] as const)),
)

test.for(all)('%s, %s, loaded %s configure', { timeout: 60_000 }, async ([, system, moment, one], { skip }) => {
  if (one.needs !== undefined && process.env[one.needs] === undefined) {
    console.log(`skipped: needs ${one.needs} (scripts/services.sh starts the servers)`)
    skip()
  }
  const env: Record<string, string> = { NODE_NO_WARNINGS: '1' }
  if (one.name === 'https') {
    const { key, cert } = createTls()
    Object.assign(env, { TLS: JSON.stringify({ key, cert }), NODE_TLS_REJECT_UNAUTHORIZED: '0' })
  }
  const result = await runSource(system, sourceOf(one, system, moment), { env, aliases: one.aliases ?? {} })
  expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' })
  const spans = sink.items('traces')
  expect(treeBelow(spans, spans.find(({ name }) => name === 'work').spanId)).toEqual(one.tree)
})

function sourceOf({ imports, work }: Case, system: (typeof SYSTEMS)[number], moment: (typeof MOMENTS)[number]): string {
  const configure = `configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', metricsEnabled: false, runtimeMetrics: false })`
  const body = `await withSpan('work', async () => { ${work} }); await shutdown()`
  const names = Object.entries(imports)
  if (system === 'cjs') {
    const own = `const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node')`
    const theirs = names.map(([from, name]) => `const ${name} = require('${from}')`).join('\n')
    return `${(moment === 'before' ? [theirs, own, configure] : [own, configure, theirs]).join('\n')}\n;(async () => { ${body} })()`
  }
  const own = `import { configureOpentelemetry, withSpan, shutdown } from 'uptrace-node'`
  const late = names.map(
    ([from, name]) => `const ${name.startsWith('{') ? name : `{ default: ${name} }`} = await import('${from}')`,
  )
  return moment === 'before'
    ? `${names.map(([from, name]) => `import ${name} from '${from}'`).join('\n')}\n${own}\n${configure}\n${body}`
    : `${own}\n${configure}\n${late.join('\n')}\n${body}`
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

/** Children by start; `!` marks an error. */
function treeBelow(spans: readonly Decoded[], parent: string, indent = ''): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .sort((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
    .flatMap((span) => [
      `${indent}${KINDS[span.kind]} ${span.name}${span.status?.code === 2 ? '!' : ''}`,
      ...treeBelow(spans, span.spanId, `${indent}  `),
    ])
}
