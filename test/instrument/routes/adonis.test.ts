/** AdonisJS tells of a request on a channel before it has looked for the route. */
import { expect, test } from 'vitest'
import { seeQuiet } from '../support.ts'

const TELL = `const channel = require('diagnostics_channel').channel('tracing:adonisjs.http.request:start'); const http = require('http'); const server = http.createServer((request, response) => { const ctx = {}; channel.publish(request.url === '/strange' ? undefined : { ctx }); if (request.url === '/posts/1') ctx.route = { pattern: '/posts/:id' }; response.end() }).listen(0, '127.0.0.1', async () => { for (const path of ['/posts/1', '/none', '/strange']) await new Promise((resolve) => http.get({ port: server.address().port, host: '127.0.0.1', path, agent: false }, (answer) => answer.resume().on('end', resolve))); await pause(50); process.exit(0) })`

test('the pattern of the route that was found names the request', async () => {
  const { spans } = await seeQuiet('cjs', `configure(); ${TELL}`)
  const names = spans.filter(({ kind }) => kind === 1).map(({ name }) => name)
  expect(names).toEqual(['GET /posts/:id', 'GET', 'GET'])
})

test('without the instrumentation of http nothing listens', async () => {
  const { spans } = await seeQuiet('cjs', `configure({ instrumentations: { http: false } }); ${TELL}`)
  expect(spans).toEqual([])
})
