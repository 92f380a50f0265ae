/** Lazy loading changes nothing: the spans of each program are those which OpenTelemetry's eager set-up makes of it. */
import path from 'node:path'
import { expect, test } from 'vitest'
import { LIBRARIES } from '../matrix/libraries.ts'
import { runSource } from '../support/run-node.ts'

const here = (name: string): string => path.join(import.meta.dirname, name)

interface Program {
  readonly name: string
  readonly imports: Readonly<Record<string, string>>
  readonly work: string
  readonly needs?: string
}

const APPS: readonly Program[] = [
  {
    name: 'express with pg, ioredis and fetch, one route that fails',
    imports: { express: 'express', pg: 'pg', ioredis: '{ Redis }' },
    needs: 'UPTRACE_TEST_POSTGRES_URL',
    work: `
      const pool = new pg.Pool({ connectionString: process.env.UPTRACE_TEST_POSTGRES_URL }); const redis = new Redis(process.env.UPTRACE_TEST_REDIS_URL)
      const app = express(); app.use((request, response, next) => next())
      const users = express.Router(); app.use('/users', users)
      users.get('/:id', async (request, response) => { await redis.get('user:' + request.params.id); const { rows } = await pool.query('SELECT $1::int AS id', [request.params.id]); response.json(rows) })
      app.get('/fails', async () => { await pool.query('SELECT nothing FROM nowhere') })
      app.use((error, request, response, next) => response.status(500).send('failed'))
      const server = app.listen(0); const base = 'http://127.0.0.1:' + server.address().port
      for (const path of ['/users/1', '/users/2', '/fails', '/none']) await (await fetch(base + path)).text()
      server.close(); await pool.end(); await redis.quit()`,
  },
  {
    name: 'koa with knex and http, keep-alive',
    imports: { koa: 'Koa', '@koa/router': 'Router', knex: 'knex', 'node:http': 'http' },
    needs: 'UPTRACE_TEST_POSTGRES_URL',
    work: `
      const db = knex({ client: 'pg', connection: process.env.UPTRACE_TEST_POSTGRES_URL }); const router = new (Router.Router ?? Router)()
      router.get('/items/:id', async (context) => { context.body = (await db.raw('SELECT 1 AS one')).rows; context.status = 201 })
      const server = new Koa().use(router.routes()).listen(0); const agent = new http.Agent({ keepAlive: true })
      for (const path of ['/items/1', '/items/2?x=1', '/none'])
        await new Promise((resolve) => http.get({ agent, path, port: server.address().port, host: '127.0.0.1' }, (response) => response.resume().on('end', resolve)))
      agent.destroy(); server.close(); await db.destroy()`,
  },
]
const programs: readonly Program[] = [
  ...APPS, // of fastify the eager set-up does not know the routes
  ...LIBRARIES.filter(({ name }) => name !== 'pino' && name !== 'fastify'),
]

/** Sorted, since two arms may end concurrent spans in another order. */
function spansOf({ code, stdout, stderr }: { code: number | null; stdout: string; stderr: string }): string[] {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('SPAN '))
    .map(withoutSql)
    .map(withoutOldNames)
    .map(withoutRefusal)
    .sort()
}

/** An old server refuses what ioredis tells of itself, which is no error of the application. */
function withoutRefusal(line: string): string {
  if (!line.includes('client SETINFO')) return line
  return line.replace(/"status":\{[^}]*\}/, '"status":{"code":0}').replace('"events":["exception"]', '"events":[]')
}

/** Of requests by fetch: what the conventions leave out. */
function withoutOldNames(line: string): string {
  return line
    .replace(/\["http.request.method_original","\\"(\w+)\\""\],(?=.*"name":"\1"|)/, (all, method: string) =>
      line.includes(`["http.request.method","\\"${method}\\""]`) ? '' : all,
    )
    .replace(/\["url.query","\\"\\""\],/, '')
    .replace(/(\["url.query","\\")\?/, '$1')
}

/** Of statements upstream says what stands first in them. */
function withoutSql(line: string): string {
  return line
    .replace(/(instrumentation-(?:pg|mysql2|knex)[^"]*"?[^"]*?,"kind":2,"name":")[^"]*/, (all, head: string) =>
      /connect/.test(all) ? all : `${head}SQL`,
    )
    .replace(/(instrumentation-(?:pg|mysql2|knex) )(?!pg)[^"]*|(instrumentation-pg )pg.query[^"]*/g, '$1$2SQL')
    .replace(/,?\["db\.(operation\.name|query\.summary|collection\.name|response\.status_code)","[^\]]*\]/g, '')
    .replace(/(instrumentation-(?:pg|ioredis|redis)@.*)\["error\.type","[^\]]*\],/, '$1')
    .replace('"attributes":[,', '"attributes":[')
}

const SYSTEMS = ['cjs', 'mjs'] as const
const cases = programs.flatMap((program) => SYSTEMS.map((system) => [program.name, system, program] as const))

test.for(cases)('%s, %s', { timeout: 60_000 }, async ([, system, program], { skip }) => {
  if (program.needs !== undefined && process.env[program.needs] === undefined) {
    console.log(`skipped: needs ${program.needs} (scripts/services.sh starts the servers)`)
    skip()
  }
  const [ours, theirs] = await Promise.all(
    [LAZY, EAGER].map((setUp) => runSource(system, sourceOf(program, system, setUp))),
  )
  const expected = spansOf(theirs!)
  expect(expected.length).toBeGreaterThan(1)
  expect(spansOf(ours!)).toEqual(expected)
})

const LAZY = `require('uptrace-node').configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', logLevel: 'none', delivery: { exitFlush: false, shutdownTimeoutMillis: 1 }, metricsEnabled: false, instrumentations: { koa: { ignoreLayersType: ['middleware'] } }, spanProcessors: [require(${JSON.stringify(here('collect.cjs'))}).collect] })`
const EAGER = `require(${JSON.stringify(here('eager.cjs'))})`

/** In ESM the imports are dynamic, so that both arms are set up before them; the eager one also needs its loader hook. */
function sourceOf({ imports, work }: Program, system: (typeof SYSTEMS)[number], setUp: string): string {
  const body = `await require('@opentelemetry/api').trace.getTracer('test').startActiveSpan('work', async (span) => { ${work}; span.end() }); target.close()`
  const target = `const target = require('http').createServer((request, response) => response.end('ok')); await new Promise((resolve) => target.listen(0, resolve)); process.env.TARGET = 'http://127.0.0.1:' + target.address().port`
  const entries = Object.entries(imports)
  if (system === 'cjs') {
    const requires = entries.map(([from, name]) => `const ${name} = require('${from}')`)
    return `${setUp}\n${requires.join('\n')}\n;(async () => { ${target}; ${body} })()`
  }
  const load = entries.map(([from, name]) => `const ${bindingOf(name)} = await import('${from}')`)
  const hook =
    setUp === EAGER
      ? `(await import('node:module')).register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);`
      : ''
  return `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\n${hook}\n${setUp}\n${load.join('\n')}\n${target}; ${body}`
}

/** The eager set-up misses the default export of grpc-js, which ours patches as well: they are compared on the namespace. */
function bindingOf(name: string): string {
  return name.startsWith('{') || name === 'grpc' ? name : `{ default: ${name} }`
}
