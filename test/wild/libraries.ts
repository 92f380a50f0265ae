/** The libraries of docs/libraries.md: what is installed of each, and a program that uses it. One file, since it is one table. */

export interface WildLibrary {
  /** As it stands in the page; the first of `packages` without it. */
  readonly name: string
  /** For npm. @default the name */
  readonly packages?: readonly string[]
  /** Module -> name it is imported as; `{ a, b }` are named imports. */
  readonly imports: Readonly<Record<string, string>>
  /** The body of an async function. */
  readonly work: string
  /** Environment variable with the address of the server it needs. */
  readonly needs?: string
  /** Installed in a folder of its own, since it wants other versions than the rest. */
  readonly isApart?: true
}

const HELP = `const http = process.getBuiltinModule('node:http'); const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis)); const ask = (port, path = '/users/7', method = 'GET', body, type = 'application/json') => new Promise((resolve, reject) => { http.request({ host: '127.0.0.1', port, path, method, agent: false, headers: body ? { 'content-type': type } : {} }, (response) => { let text = ''; response.on('data', (part) => { text += part }).on('end', () => resolve(text)) }).on('error', reject).end(body) });`
const SERVED = `await new Promise((resolve) => server.listening ? resolve() : server.once('listening', resolve)); await ask(server.address().port); server.close()`
const served = (make: string): string => `${HELP} const server = ${make}; ${SERVED}`
const client = (call: string): string => `const url = process.env.TARGET; ${call}`
const NEST = `const { Controller, Get, Module } = common; class Users { one() { return 'user' } }; Get(':id')(Users.prototype, 'one', Object.getOwnPropertyDescriptor(Users.prototype, 'one')); Controller('users')(Users); class App {}; Module({ controllers: [Users] })(App); const app = await core.NestFactory.create(App, { logger: false }); await app.listen(0, '127.0.0.1'); await ask(app.getHttpServer().address().port); await app.close()`
const SCHEMA = `const { GraphQLSchema, GraphQLObjectType, GraphQLString, graphql } = gql; const schema = new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields: { hello: { type: GraphQLString, resolve: async () => 'x' } } }) }); await graphql({ schema, source: 'query Hello { hello }' })`
const POSTGRES = 'UPTRACE_TEST_POSTGRES_URL'
const MYSQL = 'UPTRACE_TEST_MYSQL_URL'
const REDIS = 'UPTRACE_TEST_REDIS_URL'
const AMQP = 'UPTRACE_TEST_AMQP_URL'
const PG_URL = `process.env.${POSTGRES}`
const REDIS_URL = `process.env.${REDIS}`

export const WILD: readonly WildLibrary[] = [
  {
    name: 'node:http',
    packages: [],
    imports: { 'node:http': '{ createServer, get }' },
    work: `const server = createServer((q, r) => r.end('ok')).listen(0, '127.0.0.1'); await new Promise((resolve) => server.once('listening', resolve)); await new Promise((resolve) => get({ host: '127.0.0.1', port: server.address().port, agent: false }, (r) => r.resume().on('end', resolve))); server.close()`,
  },
  {
    name: 'node:http2',
    packages: [],
    imports: { 'node:http2': '{ createServer, connect }' },
    work: `const server = createServer((q, r) => r.end('ok')).listen(0, '127.0.0.1'); await new Promise((resolve) => server.once('listening', resolve)); const session = connect('http://127.0.0.1:' + server.address().port); await new Promise((resolve) => session.request({ ':path': '/' }).resume().on('close', resolve)); session.close(); server.close()`,
  },
  { name: 'fetch', packages: [], imports: {}, work: client('await (await fetch(url)).text()') },
  { name: 'undici', imports: { undici: '{ request }' }, work: client('await (await request(url)).body.text()') },
  { name: 'axios', imports: { axios: 'axios' }, work: client('await (axios.default ?? axios).get(url)') },
  { name: 'got', imports: { got: 'got' }, work: client('await (got.default ?? got)(url)') },
  { name: 'ky', imports: { ky: 'ky' }, work: client('await (ky.default ?? ky)(url).text()') },
  {
    name: 'node-fetch',
    imports: { 'node-fetch': 'get' },
    work: client('await (await (get.default ?? get)(url)).text()'),
  },
  { name: 'superagent', imports: { superagent: 'superagent' }, work: client('await superagent.get(url)') },
  {
    name: 'express',
    imports: { express: 'express' },
    work: served(`express().get('/users/:id', (q, r) => r.send('ok')).listen(0, '127.0.0.1')`),
  },
  {
    name: 'express 4',
    isApart: true,
    packages: ['express@4'],
    imports: { express: 'express' },
    work: served(`express().get('/users/:id', (q, r) => r.send('ok')).listen(0, '127.0.0.1')`),
  },
  {
    name: 'fastify',
    imports: { fastify: 'fastify' },
    work: `${HELP} const app = fastify(); app.get('/users/:id', async () => 'ok'); await app.listen({ port: 0, host: '127.0.0.1' }); await ask(app.server.address().port); await app.close()`,
  },
  {
    name: '@koa/router',
    packages: ['@koa/router', 'koa'],
    imports: { koa: 'Koa', '@koa/router': '{ Router }' },
    work: served(
      `new (Koa.default ?? Koa)().use(new Router().get('/users/:id', (c) => { c.body = 'ok' }).routes()).listen(0, '127.0.0.1')`,
    ),
  },
  {
    name: 'koa-router',
    packages: ['koa-router', 'koa'],
    imports: { koa: 'Koa', 'koa-router': 'Router' },
    work: served(
      `new (Koa.default ?? Koa)().use(new (Router.Router ?? Router.default ?? Router)().get('/users/:id', (c) => { c.body = 'ok' }).routes()).listen(0, '127.0.0.1')`,
    ),
  },
  {
    name: '@hapi/hapi',
    imports: { '@hapi/hapi': '{ server }' },
    work: `${HELP} const app = server({ port: 0, host: '127.0.0.1' }); app.route({ method: 'GET', path: '/users/{id}', handler: () => 'ok' }); await app.start(); await ask(app.info.port); await app.stop()`,
  },
  {
    name: 'hono',
    packages: ['hono', '@hono/node-server'],
    imports: { hono: '{ Hono }', '@hono/node-server': '{ serve }' },
    work: served(
      `serve({ fetch: new Hono().get('/users/:id', (c) => c.text('ok')).fetch, port: 0, hostname: '127.0.0.1' })`,
    ),
  },
  {
    name: 'h3',
    imports: { 'h3/node': '{ H3, serve }' },
    work: `${HELP} const app = serve(new H3().get('/users/:id', () => 'ok'), { port: 0, hostname: '127.0.0.1' }); await app.ready(); await ask(new URL(app.url).port); await app.close(true)`,
  },
  {
    name: '@nestjs/core',
    packages: ['@nestjs/core', '@nestjs/common', '@nestjs/platform-express', 'reflect-metadata', 'rxjs'],
    imports: {
      'reflect-metadata': 'reflect',
      '@nestjs/common': '{ Controller, Get, Module }',
      '@nestjs/core': '{ NestFactory }',
    },
    work: `${HELP} ${NEST.replace('const { Controller, Get, Module } = common; ', '').replace('core.NestFactory', 'NestFactory')}`,
  },
  {
    name: 'restify',
    imports: { restify: 'restify' },
    work: `${HELP} const app = restify.createServer(); app.get('/users/:id', (q, r, next) => { r.send('ok'); next() }); const server = app.listen(0, '127.0.0.1'); await new Promise((resolve) => app.server.listening ? resolve() : app.server.once('listening', resolve)); await ask(app.server.address().port); app.server.close()`,
  },
  {
    name: 'polka',
    imports: { polka: 'polka' },
    work: `${HELP} const { server } = (polka.default ?? polka)().get('/users/:id', (q, r) => r.end('ok')).listen(0, '127.0.0.1'); ${SERVED}`,
  },
  {
    name: 'polka 1',
    isApart: true,
    packages: ['polka@1.0.0-next.28'],
    imports: { polka: 'polka' },
    work: `${HELP} const { server } = (polka.default ?? polka)().get('/users/:id', (q, r) => r.end('ok')).listen(0, '127.0.0.1'); ${SERVED}`,
  },
  {
    name: 'connect',
    imports: { connect: 'connect' },
    work: served(`http.createServer(connect().use('/users', (q, r) => r.end('ok'))).listen(0, '127.0.0.1')`),
  },
  {
    name: '@trpc/server',
    imports: { '@trpc/server': '{ initTRPC }', '@trpc/server/adapters/standalone': '{ createHTTPServer }' },
    work: `${HELP} const t = initTRPC.create(); const server = createHTTPServer({ router: t.router({ hello: t.procedure.query(() => 'x') }) }); server.listen(0, '127.0.0.1'); await new Promise((resolve) => server.once('listening', resolve)); await ask(server.address().port, '/hello'); server.close()`,
  },
  {
    name: 'graphql',
    imports: { graphql: '{ GraphQLSchema, GraphQLObjectType, GraphQLString, graphql }' },
    work: SCHEMA.replace(/^const \{[^}]*\} = gql; /, ''),
  },
  {
    name: 'graphql-yoga',
    isApart: true,
    packages: ['graphql-yoga', 'graphql@16'],
    imports: { 'graphql-yoga': '{ createYoga, createSchema }' },
    work: `${HELP} const yoga = createYoga({ logging: false, schema: createSchema({ typeDefs: 'type Query { hello: String }', resolvers: { Query: { hello: async () => 'x' } } }) }); const server = http.createServer(yoga).listen(0, '127.0.0.1'); await new Promise((resolve) => server.once('listening', resolve)); await ask(server.address().port, '/graphql', 'POST', JSON.stringify({ query: 'query Hello { hello }' })); server.close()`,
  },
  {
    name: '@apollo/server',
    isApart: true,
    packages: ['@apollo/server', 'graphql@16'],
    imports: { '@apollo/server': '{ ApolloServer }', '@apollo/server/standalone': '{ startStandaloneServer }' },
    work: `${HELP} const server = new ApolloServer({ typeDefs: 'type Query { hello: String }', resolvers: { Query: { hello: async () => 'x' } } }); const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } }); await ask(new URL(url).port, '/', 'POST', JSON.stringify({ query: 'query Hello { hello }' })); await server.stop()`,
  },
  {
    name: 'pg',
    imports: { pg: 'pg' },
    needs: POSTGRES,
    work: `const db = new pg.Client(${PG_URL}); await db.connect(); await db.query('SELECT 1'); await db.end()`,
  },
  {
    name: 'postgres',
    imports: { postgres: 'postgres' },
    needs: POSTGRES,
    work: `const sql = (postgres.default ?? postgres)(${PG_URL}, { max: 1, fetch_types: false }); await sql\`SELECT 1\`; await sql.end()`,
  },
  {
    name: 'mysql2',
    imports: { mysql2: 'mysql' },
    needs: MYSQL,
    work: `const db = mysql.createConnection(process.env.${MYSQL}); await new Promise((resolve, reject) => db.query('SELECT 1', (error) => (error ? reject(error) : resolve()))); db.end()`,
  },
  {
    name: 'mysql',
    imports: { mysql: 'mysql' },
    needs: MYSQL,
    work: `const db = mysql.createConnection(process.env.${MYSQL}); await new Promise((resolve, reject) => db.query('SELECT 1', (error) => (error ? reject(error) : resolve()))); db.end()`,
  },
  {
    name: 'redis',
    imports: { redis: '{ createClient }' },
    needs: REDIS,
    work: `const db = createClient({ url: ${REDIS_URL} }); await db.connect(); await db.set('wild', '1'); await db.close()`,
  },
  {
    name: 'ioredis',
    imports: { ioredis: '{ Redis }' },
    needs: REDIS,
    work: `const db = new Redis(${REDIS_URL}); await db.set('wild', 1); await db.quit()`,
  },
  {
    name: 'mongodb',
    imports: { mongodb: '{ MongoClient }' },
    needs: 'UPTRACE_TEST_MONGO_URL',
    work: `const db = new MongoClient(process.env.UPTRACE_TEST_MONGO_URL); await db.connect(); await db.db('wild').collection('users').insertOne({ a: 1 }); await db.close()`,
  },
  {
    name: 'mongoose',
    imports: { mongoose: 'mongoose' },
    needs: 'UPTRACE_TEST_MONGO_URL',
    work: `await mongoose.connect(process.env.UPTRACE_TEST_MONGO_URL, { autoCreate: false, autoIndex: false }); const User = mongoose.model('User', new mongoose.Schema({ a: Number })); await new User({ a: 1 }).save(); await mongoose.disconnect()`,
  },
  {
    name: 'memcached',
    imports: { memcached: 'Memcached' },
    needs: 'UPTRACE_TEST_MEMCACHED',
    work: `const db = new Memcached(process.env.UPTRACE_TEST_MEMCACHED); await new Promise((resolve) => db.set('wild', 1, 10, resolve)); db.end()`,
  },
  {
    name: 'better-sqlite3',
    imports: { 'better-sqlite3': 'Database' },
    work: `const db = new Database(':memory:'); db.exec('CREATE TABLE users (a)'); db.prepare('SELECT * FROM users').all(); db.close()`,
  },
  {
    name: 'node:sqlite',
    packages: [],
    imports: { 'node:sqlite': '{ DatabaseSync }' },
    work: `const db = new DatabaseSync(':memory:'); db.exec('CREATE TABLE users (a)'); db.prepare('SELECT * FROM users').all(); db.close()`,
  },
  {
    name: 'knex',
    packages: ['knex', 'pg'],
    imports: { knex: 'knex' },
    needs: POSTGRES,
    work: `const db = knex({ client: 'pg', connection: ${PG_URL} }); await db.raw('SELECT 1'); await db.destroy()`,
  },
  {
    name: 'kysely',
    packages: ['kysely', 'pg'],
    imports: { kysely: '{ Kysely, PostgresDialect, sql }', pg: 'pg' },
    needs: POSTGRES,
    work: `const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: ${PG_URL} }) }) }); await sql\`SELECT 1\`.execute(db); await db.destroy()`,
  },
  {
    name: 'drizzle-orm',
    packages: ['drizzle-orm', 'pg'],
    imports: { 'drizzle-orm/node-postgres': '{ drizzle }', pg: 'pg' },
    needs: POSTGRES,
    work: `const pool = new pg.Pool({ connectionString: ${PG_URL} }); await drizzle({ client: pool }).execute('SELECT 1'); await pool.end()`,
  },
  {
    name: 'sequelize',
    packages: ['sequelize', 'pg'],
    imports: { sequelize: '{ Sequelize }' },
    needs: POSTGRES,
    work: `const db = new Sequelize(${PG_URL}, { logging: false }); await db.query('SELECT 1'); await db.close()`,
  },
  {
    name: 'typeorm',
    packages: ['typeorm', 'pg', 'reflect-metadata'],
    imports: { 'reflect-metadata': 'reflect', typeorm: '{ DataSource }' },
    needs: POSTGRES,
    work: `const db = new DataSource({ type: 'postgres', url: ${PG_URL} }); await db.initialize(); await db.query('SELECT 1'); await db.destroy()`,
  },
  {
    name: 'amqplib',
    imports: { amqplib: 'amqplib' },
    needs: AMQP,
    work: `const db = await amqplib.connect(process.env.${AMQP}); const channel = await db.createConfirmChannel(); const { queue } = await channel.assertQueue('', { exclusive: true }); const got = new Promise((resolve) => channel.consume(queue, (message) => { channel.ack(message); resolve() })); channel.sendToQueue(queue, Buffer.from('hi')); await channel.waitForConfirms(); await got; await db.close()`,
  },
  {
    name: 'bullmq',
    imports: { bullmq: '{ Queue, Worker }' },
    needs: REDIS,
    work: `const { hostname: host, port } = new URL(${REDIS_URL}); const connection = { host, port: Number(port), maxRetriesPerRequest: null }; const name = 'wild-' + process.pid; const queue = new Queue(name, { connection }); const worker = new Worker(name, async () => 'done', { connection }); const done = new Promise((resolve) => worker.on('completed', resolve)); await queue.add('job', {}); await done; await worker.close(); await queue.obliterate({ force: true }); await queue.close()`,
  },
  {
    name: 'ws',
    imports: { ws: '{ WebSocketServer, WebSocket }' },
    work: `const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }); await new Promise((resolve) => server.once('listening', resolve)); server.on('connection', (one) => one.on('message', (data) => one.send(String(data)))); const socket = new WebSocket('ws://127.0.0.1:' + server.address().port); await new Promise((resolve) => socket.on('open', resolve)); socket.send('hi'); await new Promise((resolve) => socket.on('message', resolve)); socket.close(); await new Promise((resolve) => socket.on('close', resolve)); server.close()`,
  },
  {
    name: 'socket.io',
    packages: ['socket.io', 'socket.io-client'],
    imports: { 'socket.io': '{ Server }', 'socket.io-client': '{ io }' },
    work: `const http = process.getBuiltinModule('node:http').createServer().listen(0, '127.0.0.1'); const server = new Server(http); server.on('connection', (one) => one.on('hello', (data, answer) => answer('x'))); await new Promise((resolve) => http.once('listening', resolve)); const socket = io('http://127.0.0.1:' + http.address().port, { transports: ['websocket'] }); await new Promise((resolve) => socket.on('connect', resolve)); await new Promise((resolve) => socket.emit('hello', 1, resolve)); socket.close(); await server.close()`,
  },
  {
    name: '@grpc/grpc-js',
    imports: { '@grpc/grpc-js': 'grpc' },
    work: `const definition = { Echo: { path: '/test.Echo/Echo', requestStream: false, responseStream: false, requestSerialize: Buffer.from, requestDeserialize: String, responseSerialize: Buffer.from, responseDeserialize: String } }; const server = new grpc.Server(); server.addService(definition, { Echo: ({ request }, callback) => callback(null, request) }); const port = await new Promise((resolve) => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => resolve(bound))); const Client = grpc.makeGenericClientConstructor(definition, 'Echo'); const client = new Client('127.0.0.1:' + port, grpc.credentials.createInsecure()); await new Promise((resolve) => client.Echo('hi', resolve)); client.close(); await new Promise((resolve) => server.tryShutdown(resolve))`,
  },
  {
    name: '@connectrpc/connect-node',
    packages: ['@connectrpc/connect-node', '@connectrpc/connect', '@bufbuild/protobuf'],
    imports: {
      '@connectrpc/connect-node': '{ connectNodeAdapter, createConnectTransport }',
      '@connectrpc/connect': '{ createClient }',
      '@bufbuild/protobuf': '{ create, createFileRegistry }',
      '@bufbuild/protobuf/wkt': '{ FileDescriptorSetSchema }',
    },
    work: `const file = { name: 'a.proto', package: 'test', syntax: 'proto3', messageType: [{ name: 'Text' }], service: [{ name: 'Echo', method: [{ name: 'Say', inputType: '.test.Text', outputType: '.test.Text' }] }] }; const Echo = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getService('test.Echo'); const server = process.getBuiltinModule('node:http').createServer(connectNodeAdapter({ routes: (router) => router.service(Echo, { say: () => ({}) }) })).listen(0, '127.0.0.1'); await new Promise((resolve) => server.once('listening', resolve)); await createClient(Echo, createConnectTransport({ baseUrl: 'http://127.0.0.1:' + server.address().port, httpVersion: '1.1' })).say({}); server.closeAllConnections(); server.close()`,
  },
  { name: 'pino', imports: { pino: 'pino' }, work: `(pino.default ?? pino)({ base: undefined }).info('hello')` },
  {
    name: 'winston',
    imports: { winston: 'winston' },
    work: `winston.createLogger({ transports: [new winston.transports.Console()] }).info('hello')`,
  },
  { name: 'bunyan', imports: { bunyan: 'bunyan' }, work: `bunyan.createLogger({ name: 'wild' }).info('hello')` },
  {
    name: 'nodemailer',
    imports: { nodemailer: 'nodemailer' },
    work: `await nodemailer.createTransport({ jsonTransport: true }).sendMail({ from: 'a@test', to: 'b@test', text: 'hi' })`,
  },
  {
    name: 'node-cron',
    imports: { 'node-cron': 'cron' },
    work: `await new Promise((resolve) => { const task = (cron.default ?? cron).schedule('* * * * * *', async () => { resolve(); task.stop() }) }); await new Promise((resolve) => setTimeout(resolve, 50))`,
  },
  {
    name: 'cron',
    imports: { cron: '{ CronJob }' },
    work: `await new Promise((resolve) => { const job = new CronJob('* * * * * *', () => { resolve(); job.stop() }); job.start() }); await new Promise((resolve) => setTimeout(resolve, 50))`,
  },
  {
    name: 'croner',
    imports: { croner: '{ Cron }' },
    work: `await new Promise((resolve) => new Cron('* * * * * *', { maxRuns: 1 }, resolve)); await new Promise((resolve) => setTimeout(resolve, 50))`,
  },
  {
    name: 'openai',
    imports: { openai: '{ OpenAI }' },
    work: `await new OpenAI({ apiKey: 'x', baseURL: process.env.TARGET + '/openai', maxRetries: 0 }).chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })`,
  },
  {
    name: '@anthropic-ai/sdk',
    imports: { '@anthropic-ai/sdk': '{ Anthropic }' },
    work: `await new Anthropic({ apiKey: 'x', baseURL: process.env.TARGET + '/anthropic', maxRetries: 0 }).messages.create({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] })`,
  },
  {
    name: 'ai',
    packages: ['ai', '@ai-sdk/openai', 'zod'],
    imports: { ai: '{ generateText }', '@ai-sdk/openai': '{ createOpenAI }' },
    work: `await generateText({ model: createOpenAI({ apiKey: 'x', baseURL: process.env.TARGET + '/openai' }).chat('m'), prompt: 'hi' })`,
  },
  {
    name: '@langchain/core',
    packages: ['@langchain/core', 'zod'],
    imports: { '@langchain/core/utils/testing': '{ FakeListChatModel }' },
    work: `await new FakeListChatModel({ responses: ['x'] }).invoke('hi')`,
  },
  {
    name: '@aws-sdk/client-s3',
    imports: { '@aws-sdk/client-s3': '{ S3Client, ListBucketsCommand }' },
    work: `await new S3Client({ endpoint: process.env.TARGET + '/aws', region: 'eu-west-1', forcePathStyle: true, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }).send(new ListBucketsCommand({}))`,
  },
  {
    name: 'dataloader',
    imports: { dataloader: 'DataLoader' },
    work: `await new DataLoader(async (keys) => keys).load(1)`,
  },
  {
    name: 'generic-pool',
    imports: { 'generic-pool': 'pools' },
    work: `const pool = pools.createPool({ create: async () => ({}), destroy: async () => {} }); await pool.release(await pool.acquire()); await pool.drain(); await pool.clear()`,
  },
  {
    name: 'lru-memoizer',
    imports: { 'lru-memoizer': 'memoize' },
    work: `const load = (memoize.default ?? memoize)({ load: (key, done) => setTimeout(done, 1, null, key), hash: String, max: 9 }); await new Promise((resolve) => load('a', resolve))`,
  },
  {
    name: 'kafkajs',
    imports: { kafkajs: '{ Kafka, logLevel }' },
    work: `const producer = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).producer(); await producer.send({ topic: 't', messages: [{ value: 'x' }] }).catch(() => {})`,
  },
  {
    name: 'cassandra-driver',
    imports: { 'cassandra-driver': '{ Client }' },
    work: `const db = new Client({ contactPoints: ['127.0.0.1:1'], localDataCenter: 'a' }); await db.execute('SELECT 1').catch(() => {}); await db.shutdown()`,
  },
]

/** Rows of docs/instrumentation.md that no program runs, and why. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'node:https': 'the code of node:http',
  'node:net': 'off by default',
  'node:dns': 'off by default',
  'node:fs': 'off by default',
  koa: 'in the row of @koa/router',
  router: 'off by default',
  'pg-pool': 'in the rows of Kysely and Drizzle',
  '@redis/client': 'in the row of redis',
  '@smithy/core': 'in the row of @aws-sdk/client-s3',
  '@smithy/smithy-client': 'older versions of the AWS SDK',
  oracledb: 'needs a server of Oracle',
  tedious: 'needs a server of Microsoft SQL',
  '@cucumber/cucumber': 'off by default',
}
