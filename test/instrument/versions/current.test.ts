/** Current majors of libraries whose instrumentation names older ones only. */
import { expect, test } from 'vitest'
import { parentOf, runWays, spansOf } from '../ways.ts'

const GRAPHQL = `
const { buildSchema, execute, graphql: run, parse, validate } = graphql
const schema = buildSchema('type Query { hello(name: String): String, items: [Item] } type Item { id: Int }')
schema.getQueryType().getFields().hello.resolve = async (source, { name }) => { tracer.startSpan('work').end(); return 'hi ' + name }
const rootValue = { items: () => [{ id: 1 }, { id: 2 }] }
print(await run({ schema, source: '{ hello(name: "secret") items { id } }', rootValue }))
print(await run({ schema, source: '{ nothing }', rootValue })); print(await run({ schema, source: '{ hello(', rootValue }).then(({ errors }) => errors.map(String)))
`

test('graphql 17: operations have spans, and the program is the same', async () => {
  const run = { aliases: { graphql: 'graphql-17' } }
  const ways = await runWays({ libraries: [['graphql', 'graphql']], body: GRAPHQL, run })
  for (const [way, seen] of ways) {
    const names = spansOf(seen, 'uptrace-node/graphql').map(({ name }) => name)
    expect([way, names.filter((name) => name.startsWith('query'))]).toEqual([way, ['query']])
    expect(names).toEqual(expect.arrayContaining(['graphql.parse', 'graphql.validate', 'graphql.resolve hello']))
    expect(parentOf(seen, seen.spans.find(({ name }) => name === 'work')!)).toBe('graphql.resolve hello')
  }
})

const BUNYAN = `
const records = []; const log = bunyan.createLogger({ name: 'app', streams: [{ type: 'raw', stream: { write: ({ time, pid, hostname, trace_id, span_id, trace_flags, ...record }) => records.push([record, trace_id]) } }] })
await inSpan('request', async () => { log.info({ id: 7 }, 'hello'); log.child({ part: 'x' }).error(new TypeError('no')) })
print(records.map(([{ err, ...record }]) => [record, err?.message])); tracer.startSpan('ids', { attributes: { ids: records.map(([, id]) => id).filter(Boolean) } }).end()
`

test('bunyan 2: lines carry the trace, and the program is the same', async () => {
  const run = { aliases: { bunyan: 'bunyan-2' } }
  for (const seen of (
    await runWays({ libraries: [['bunyan', 'bunyan']], body: BUNYAN, run, ways: ['cjs', 'mjs'] })
  ).values()) {
    const request = seen.spans.find(({ name }) => name === 'request')!
    expect(seen.spans.find(({ name }) => name === 'ids')!.attributes['ids']).toEqual([request.trace, request.trace])
  }
})

const SERVER = `
const http = require('http'); const answers = { '/v1/chat/completions': { id: 'c1', object: 'chat.completion', model: 'gpt-x-1', choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'secret answer' } }], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } },
  '/v1/responses': { id: 'r1', object: 'response', model: 'gpt-x-1', status: 'completed', output: [{ type: 'message', id: 'm', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'secret answer', annotations: [] }] }], usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } },
  '/v1/messages': { id: 'm1', type: 'message', role: 'assistant', model: 'claude-x-1', content: [{ type: 'text', text: 'secret answer' }], stop_reason: 'end_turn', usage: { input_tokens: 3, output_tokens: 4 } } }
const server = http.createServer((request, response) => { request.resume(); const answer = answers[request.url]; response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? { error: { message: 'none' } })) }).listen(0, '127.0.0.1'); await pause(20)
const url = 'http://127.0.0.1:' + server.address().port
`

test('openai 7: chats and responses have spans without their content, and the program is the same', async () => {
  const body = `${SERVER} const client = new OpenAI({ apiKey: 'k', baseURL: url + '/v1', maxRetries: 0 })
  await inSpan('request', async () => {
    print((await client.chat.completions.create({ model: 'gpt-x', messages: [{ role: 'user', content: 'secret' }] })).choices[0].message.content)
    print((await client.responses.create({ model: 'gpt-x', input: 'secret' })).output_text); print(await client.embeddings.create({ model: 'e', input: 'secret' }).catch(({ status }) => status)) })
  server.closeAllConnections(); server.close()`
  for (const seen of (await runWays({ libraries: [['OpenAI', 'openai', 'OpenAI']], body })).values()) {
    const spans = spansOf(seen, 'openai')
    expect(spans.map((span) => [span.name, parentOf(seen, span), span.status.code])).toEqual([
      ['chat gpt-x', 'request', 0],
      ['chat gpt-x', 'request', 0],
      ['embeddings e', 'request', 2],
    ])
    expect(spans[0]!.attributes).toMatchObject({
      'gen_ai.response.model': 'gpt-x-1',
      'gen_ai.usage.input_tokens': 3,
      'gen_ai.usage.output_tokens': 4,
    })
    expect(JSON.stringify(seen.spans)).not.toContain('secret')
  }
})

test('@anthropic-ai/sdk makes spans of its own, which arrive', async () => {
  const body = `${SERVER} const client = new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 0 })
  await inSpan('request', async () => { print((await client.messages.create({ model: 'claude-x', max_tokens: 9, messages: [{ role: 'user', content: 'secret' }] })).content) })
  server.closeAllConnections(); server.close()`
  for (const seen of (await runWays({ libraries: [['Anthropic', '@anthropic-ai/sdk']], body })).values()) {
    const spans = spansOf(seen, 'com.anthropic.sdk.typescript')
    expect(spans.map((span) => [span.kind, parentOf(seen, span)])).toEqual([[2, 'request']])
    expect(spans[0]!.attributes).toMatchObject({ 'gen_ai.request.model': 'claude-x', 'gen_ai.usage.input_tokens': 3 })
    expect(JSON.stringify(seen.spans)).not.toContain('secret')
  }
})

const NEST = `
class Posts { find() { tracer.startSpan('work').end(); return 'ok' } }; Controller('posts')(Posts); Get(':id')(Posts.prototype, 'find', Object.getOwnPropertyDescriptor(Posts.prototype, 'find'))
class App {}; Module({ controllers: [Posts] })(App); const app = await NestFactory.create(App, { logger: false }); await app.listen(0); print(await fetch('http://127.0.0.1:' + app.getHttpServer().address().port + '/posts/1').then((answer) => answer.text())); await app.close()
`

test('NestJS 12, which is made of ES modules: controllers and handlers have spans', async () => {
  const from = (name: string): string => `nest-12/node_modules/@nestjs/${name}`
  const run = { aliases: { '@nestjs/core': from('core'), '@nestjs/common': from('common') } }
  const libraries = [
    ['metadata', 'reflect-metadata'],
    ['Controller', '@nestjs/common', 'Controller'],
    ['Get', '@nestjs/common', 'Get'],
    ['Module', '@nestjs/common', 'Module'],
    ['NestFactory', '@nestjs/core', 'NestFactory'],
  ] as const
  for (const seen of (await runWays({ libraries, body: NEST, run, ways: ['cjs', 'mjs'] })).values()) {
    const names = spansOf(seen, 'nestjs-core').map(({ name }) => name)
    expect(names).toEqual(['Create Nest App', 'find', 'Posts.find'])
    expect(parentOf(seen, seen.spans.find(({ name }) => name === 'work')!)).toBe('find')
    expect(seen.spans.filter(({ kind }) => kind === 1).map(({ name }) => name)).toEqual(['GET /posts/:id'])
  }
})
