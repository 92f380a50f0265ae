/** The instrumentation of Express in an app: shut down and configured again, with settings of the user's own, and what it leaves alone. */
import path from 'node:path'
import { expect, test } from 'vitest'
import { runSource } from '../support/run-node.ts'

const collect = JSON.stringify(path.join(import.meta.dirname, 'collect.cjs'))
const START = `
const { configureOpentelemetry } = require('uptrace-node')
const { collect } = require(${collect})
const spans = []; collect.onEnd = (span) => spans.push(span.instrumentationScope.name.split('-').pop() + ' ' + span.name)
const configure = (more) => configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', logLevel: 'none', delivery: { exitFlush: false, shutdownTimeoutMillis: 1 }, metricsEnabled: false, spanProcessors: [collect], ...more })
const later = () => new Promise((resolve) => setTimeout(resolve, 20))
const get = async (server, path) => { await new Promise((resolve) => require('http').get({ port: server.address().port, path, agent: false }, (response) => response.resume().on('end', resolve))); await later() }
const taken = () => spans.splice(0).filter((span) => span.startsWith('express'))
const print = (value) => console.log(JSON.stringify(value))
`
const APP = `
const express = require('express')
const build = () => { const app = express(); const users = express.Router(); users.get('/:id', (_q, response) => response.send('ok')); app.use((_q, _s, next) => next()); app.use('/users', users); return app }
`

const EXPRESS = [
  { major: 4, aliases: { express: 'express-4' }, handler: 'express request handler - /users/:id' },
  { major: 5, aliases: {}, handler: 'express request handler' },
]

async function linesOf(source: string, aliases: Record<string, string | undefined>): Promise<unknown[]> {
  const { code, stdout, stderr } = await runSource('cjs', source, { aliases: aliases as Record<string, string> })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

test.for(EXPRESS)(
  'express $major: no spans after a shutdown, and again when configured again',
  async ({ aliases, handler }) => {
    const work = `${START}${APP}(async () => {
    let telemetry = configure(); const old = build().listen(0); await get(old, '/users/1'); print(taken())
    await telemetry.shutdown(); await get(old, '/users/1'); const between = build().listen(0); await get(between, '/users/1'); print(taken())
    telemetry = configure(); await get(old, '/users/1'); print(taken())
    const fresh = build().listen(0); await get(fresh, '/users/1'); print(taken()); await telemetry.shutdown()
    for (const server of [old, between, fresh]) server.close()
  })()`
    expect(await linesOf(work, aliases)).toEqual([[handler], [], [handler], [handler]])
  },
)

test.for(EXPRESS)(
  'express $major: settings of the user go to the instrumentation of OpenTelemetry',
  async ({ aliases, handler }) => {
    const settings = `{ instrumentations: { express: { ignoreLayersType: [], requestHook: (span) => span.updateName(span.name + '!') } } }`
    const work = `${START}configure(${settings})\n${APP}(async () => { const server = build().listen(0); await get(server, '/users/1'); print(taken()); server.close() })()`
    const [spans] = await linesOf(work, aliases)
    expect(spans).toContain(`${handler}!`)
    expect(spans).toContain('express router - /:id!')
  },
)

test.for([
  'express: true',
  'http: true',
  'express: {}',
  'http: {}, express: { enabled: true }',
  'express: { requestHook: undefined }',
])('with %s the spans are the same', async (setting) => {
  const work = `${START}configure({ instrumentations: { ${setting} } })\n${APP}(async () => { const server = build().listen(0); await get(server, '/users/1'); print(taken()); server.close() })()`
  expect(await linesOf(work, {})).toEqual([['express request handler']])
})

test.for(EXPRESS)(
  'express $major: what is mounted at the root, by whatever words, is no route of the requests it answers',
  async ({ aliases }) => {
    const work = `${START}collect.onEnd = (span) => span.kind === 1 && spans.push('express ' + span.name); configure()
const express = require('express'); const answer = (_q, response) => response.send('ok')
const apps = [express().use(answer), express().use('/', answer), express().use(['/'], answer), express().use(['/', '/x'], express.Router().use(answer)), express().use(['/files'], answer), express().get('/', answer)]
;(async () => { for (const app of apps) { const server = app.listen(0); await get(server, app === apps[4] ? '/files/1' : app === apps[5] ? '/' : '/posts/1'); server.close() } print(taken()) })()`
    const bare = 'express GET'
    expect(await linesOf(work, aliases)).toEqual([[bare, bare, bare, bare, 'express GET /files', 'express GET /']])
  },
)

test('a request is not changed as far as an app can see, and a router that mounts itself works', async () => {
  const work = `${START}configure()\n${APP}(async () => {
    const app = express(); const self = express.Router(); self.use('/a', self); self.get('/end', (request, response) => { print([Object.keys(request).filter((key) => /uptrace|otel|__ot/.test(key)), JSON.stringify(Object.assign({}, request.query))]); response.send('ok') })
    app.use(self); const server = app.listen(0); await get(server, '/a'.repeat(60) + '/end'); print(taken()); server.close()
  })()`
  expect(await linesOf(work, {})).toEqual([[[], '{}'], ['express request handler']])
})

test('a version that is not supported is reported', async () => {
  const work = `${START}const telemetry = configure(); require('express'); print(telemetry.diagnostics().unsupported)`
  expect(await linesOf(work, { express: 'router' })).toEqual([
    [expect.objectContaining({ module: 'express', instrumentation: 'express', version: expect.stringMatching(/^2/) })],
  ])
})
