/** The libraries of the matrix: how each is imported, what is done with it, and by which span one sees that it was traced. */

export interface Library {
  readonly name: string
  /** Module -> name it is imported as; `{ a, b }` are named imports. */
  readonly imports: Readonly<Record<string, string>>
  /** The body of an async function. */
  readonly work: string
  /** Patterns of `scope kind name`; each must match a span. `log` stands for a log record with the trace of the span `work`. */
  readonly traced: readonly RegExp[]
  /** Environment variable with the address of the server it needs. */
  readonly needs?: string
}

const ask = `await new Promise((resolve, reject) => { net.get('http://127.0.0.1:' + port + '/users/7', (response) => response.resume().on('end', resolve)).on('error', reject) })`

export const LIBRARIES: readonly Library[] = [
  {
    name: 'http',
    imports: { 'node:http': '{ createServer, get }' },
    work: `const server = createServer((request, response) => response.end('ok')).listen(0); await new Promise((resolve) => get('http://127.0.0.1:' + server.address().port, (response) => response.resume().on('end', resolve))); server.close()`,
    traced: [/instrumentation-http 2 GET/, /instrumentation-http 3 GET/],
  },
  {
    name: 'fetch',
    imports: {},
    work: `await (await fetch(process.env.TARGET)).text()`,
    traced: [/instrumentation-undici 3 GET/],
  },
  {
    name: 'express',
    imports: { express: 'express', 'node:http': 'net' },
    work: `const server = express().get('/users/:id', (request, response) => response.send('ok')).listen(0); const { port } = server.address(); ${ask}; server.close()`,
    traced: [/instrumentation-http 2 GET \/users\/:id/, /instrumentation-express 1 /],
  },
  {
    name: 'fastify',
    imports: { fastify: 'fastify', 'node:http': 'net' },
    work: `const app = fastify(); app.get('/users/:id', async () => 'ok'); await app.listen({ port: 0 }); const { port } = app.server.address(); ${ask}; await app.close()`,
    traced: [/instrumentation-http 2 GET \/users\/:id/],
  },
  {
    name: 'koa',
    imports: { koa: 'Koa', '@koa/router': 'Router', 'node:http': 'net' },
    work: `const router = new (Router.Router ?? Router)(); router.get('/users/:id', (context) => { context.body = 'ok' }); const server = new Koa().use(router.routes()).listen(0); const { port } = server.address(); ${ask}; server.close()`,
    traced: [/instrumentation-http 2 GET \/users\/:id/],
  },
  {
    name: 'hapi',
    imports: { '@hapi/hapi': 'hapi', 'node:http': 'net' },
    work: `const app = hapi.server({ port: 0, host: '127.0.0.1' }); app.route({ method: 'GET', path: '/users/{id}', handler: () => 'ok' }); await app.start(); const { port } = app.info; ${ask}; await app.stop()`,
    traced: [/instrumentation-http 2 GET/, /instrumentation-hapi 1 /],
  },
  {
    name: 'pg',
    imports: { pg: 'pg' },
    work: `const client = new pg.Client(process.env.UPTRACE_TEST_POSTGRES_URL); await client.connect(); await client.query('SELECT 1'); await client.end()`,
    traced: [/instrumentation-pg 3 SELECT/],
    needs: 'UPTRACE_TEST_POSTGRES_URL',
  },
  {
    name: 'knex',
    imports: { knex: 'knex' },
    work: `const db = knex({ client: 'pg', connection: process.env.UPTRACE_TEST_POSTGRES_URL }); await db.raw('SELECT 1'); await db.destroy()`,
    traced: [/instrumentation-knex 3 SELECT/, /instrumentation-pg 3 SELECT/],
    needs: 'UPTRACE_TEST_POSTGRES_URL',
  },
  {
    name: 'mysql2',
    imports: { mysql2: 'mysql' },
    work: `const connection = mysql.createConnection(process.env.UPTRACE_TEST_MYSQL_URL); await new Promise((resolve, reject) => connection.query('SELECT 1', (error) => (error ? reject(error) : resolve()))); await connection.promise().query('SELECT 2'); connection.end()`,
    traced: [/instrumentation-mysql2 3 SELECT/],
    needs: 'UPTRACE_TEST_MYSQL_URL',
  },
  {
    name: 'ioredis',
    imports: { ioredis: '{ Redis }' },
    work: `const redis = new Redis(process.env.UPTRACE_TEST_REDIS_URL); await redis.set('matrix', 1); await redis.quit()`,
    traced: [/instrumentation-ioredis 3 set/i],
    needs: 'UPTRACE_TEST_REDIS_URL',
  },
  {
    name: 'redis',
    imports: { redis: '{ createClient }' },
    work: `const client = createClient({ url: process.env.UPTRACE_TEST_REDIS_URL }); await client.connect(); await client.set('matrix', '1'); await client.quit()`,
    traced: [/instrumentation-redis.* 3 .*SET/],
    needs: 'UPTRACE_TEST_REDIS_URL',
  },
  {
    name: 'amqplib',
    imports: { amqplib: 'amqplib' },
    work: `const connection = await amqplib.connect(process.env.UPTRACE_TEST_AMQP_URL); const channel = await connection.createConfirmChannel(); const { queue } = await channel.assertQueue('', { exclusive: true }); const got = new Promise((resolve) => channel.consume(queue, (message) => { channel.ack(message); resolve() })); channel.sendToQueue(queue, Buffer.from('hi')); await channel.waitForConfirms(); await got; await connection.close()`,
    traced: [/instrumentation-amqplib 4 /, /instrumentation-amqplib 5 /],
    needs: 'UPTRACE_TEST_AMQP_URL',
  },
  {
    name: 'grpc',
    imports: { '@grpc/grpc-js': 'grpc' },
    work: `const definition = { Echo: { path: '/test.Echo/Echo', requestStream: false, responseStream: false, requestSerialize: Buffer.from, requestDeserialize: String, responseSerialize: Buffer.from, responseDeserialize: String } }
      const server = new grpc.Server(); server.addService(definition, { Echo: ({ request }, callback) => callback(null, request) })
      const port = await new Promise((resolve) => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => resolve(bound)))
      const Client = grpc.makeGenericClientConstructor(definition, 'Echo'); const client = new Client('127.0.0.1:' + port, grpc.credentials.createInsecure())
      await new Promise((resolve) => client.Echo('hi', resolve)); client.close(); await new Promise((resolve) => server.tryShutdown(resolve))`,
    traced: [/instrumentation-grpc 2 /, /instrumentation-grpc 3 /],
  },
  { name: 'pino', imports: { pino: 'pino' }, work: `pino({ base: undefined }).info('hello')`, traced: [/^log$/] },
]
