/** Programs that are configured by their environment alone, in processes of their own. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { type RunResult, runSource } from '../support/run-node.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

const PRELOAD = { flags: ['--import', 'uptrace-node/register'] }
const SPAN = `require('@opentelemetry/api').trace.getTracer('t').startSpan('work').end()`
const folder = mkdtempSync(path.join(tmpdir(), 'environment-'))

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const run = (source: string, env: Record<string, string>): Promise<RunResult> =>
  runSource('cjs', source, { ...PRELOAD, env })

describe('OTEL_CONFIG_FILE', () => {
  test('is enough to send', async () => {
    const file = path.join(folder, 'good.yaml')
    writeFileSync(
      file,
      `file_format: "1.0"
resource: { attributes: [ { name: service.name, value: "\${NAME:-shop}" }, { name: replicas, value: 2, type: int } ] }
tracer_provider: { processors: [ { batch: { exporter: { otlp_http: { endpoint: "${sink.url}/v1/traces", headers: [ { name: x-tenant, value: acme } ] } } } } ] }
`,
    )
    const env = { OTEL_CONFIG_FILE: file, OTEL_SERVICE_NAME: 'not this', OTEL_RESOURCE_ATTRIBUTES: 'not=this' }
    expect(await run(SPAN, env)).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(sink.items('traces').map(({ name }) => name)).toEqual(['work'])
    const { headers, request } = sink.received[0]!
    expect(headers['x-tenant']).toBe('acme')
    const resource = attributesOf(request['resourceSpans'][0].resource)
    expect(resource).toMatchObject({ 'service.name': 'shop', replicas: 2 })
    expect(resource).not.toHaveProperty('not')
    expect(sink.requests.every(({ signal }) => signal === 'traces')).toBe(true)
  })

  test.for([
    ['missing', undefined, /can't be read \(ENOENT\); telemetry is disabled\n$/],
    ['wrong', 'file_format: "1.0"\ntracer_provider: 5\n', /tracer_provider must be object; telemetry is disabled\n$/],
  ] as const)('%s: one line, and the program runs on', async ([name, content, line]) => {
    const file = path.join(folder, `${name}.yaml`)
    if (content !== undefined) writeFileSync(file, content)
    const env = { OTEL_CONFIG_FILE: file, UPTRACE_DSN: `http://t@localhost:${sink.port}` }
    const result = await run(`${SPAN}\nconsole.log('done')`, env)
    expect(result).toMatchObject({ code: 0, stdout: 'done\n', stderr: expect.stringMatching(line) })
    expect(result.stderr.split('\n')).toHaveLength(2)
    expect(sink.requests).toEqual([])
  })
})

test('user and password of the endpoint are sent as Basic authorization and never printed, also where sending fails', async () => {
  const env = (behaviour: Sink['behaviour']): Record<string, string> => {
    sink.behaviour = behaviour
    return { OTEL_EXPORTER_OTLP_ENDPOINT: `http://me:p%40ssw0rd@localhost:${sink.port}`, OTEL_LOG_LEVEL: 'debug' }
  }
  const sent = await run(SPAN, env('ok'))
  expect(sent.code).toBe(0)
  expect(sink.requests.at(-1)!.headers['authorization']).toBe(`Basic ${btoa('me:p@ssw0rd')}`)
  const refused = await run(SPAN, env({ status: 400 }))
  expect(refused.stderr).toMatch(/refused/)
  for (const { stderr, stdout } of [sent, refused])
    expect(stderr + stdout).not.toMatch(/p%40ssw0rd|p@ssw0rd|me:|bWU6cEBzc3cwcmQ/)
})

test('a back end that echoes the token in any spelling: neither lines nor health() show it', async () => {
  const token = 'sEcReTtOkEn42'
  const spellings = [
    token,
    encodeURIComponent(token).replace(/[A-Z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    btoa(token),
    `Basic ${btoa(`user:${token}`)}`,
    `https://${token}@host`,
  ]
  let asked = 0
  const echo = createServer((request, response) => {
    request.resume().on('end', () => {
      response
        .writeHead(400, { 'content-type': 'text/plain' })
        .end(`you are ${spellings[asked++ % spellings.length]}\x1b[31m\nforged`)
    })
  })
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const { port } = echo.address() as AddressInfo
  const source = `
    const { configureOpentelemetry } = require('uptrace-node')
    const { trace } = require('@opentelemetry/api')
    const telemetry = configureOpentelemetry({ dsn: 'http://${token}@127.0.0.1:${port}', metricsEnabled: false, loggingEnabled: false })
    ;(async () => {
      for (let i = 0; i < ${spellings.length}; i++) {
        trace.getTracer('t').startSpan('s').end()
        await telemetry.forceFlush()
        console.log(JSON.stringify(telemetry.health()))
      }
    })()`
  const { stdout, stderr, code } = await runSource('cjs', source)
  echo.close()
  expect(code).toBe(0)
  expect(asked).toBeGreaterThanOrEqual(spellings.length)
  expect(stdout).toContain('you are ')
  for (const spelling of [...spellings, btoa(token).slice(2, -3)]) expect(stdout + stderr).not.toContain(spelling)
  expect(stderr).not.toContain('\x1b')
  expect(stderr).not.toMatch(/^forged/m)
})

test('a value of 120,000 characters costs one short line', async () => {
  const result = await run('', {
    UPTRACE_DSN: `http://t@localhost:${sink.port}`,
    OTEL_TRACES_SAMPLER: 'a.'.repeat(60_000),
  })
  expect(result.code).toBe(0)
  expect(result.stderr.split('\n')).toHaveLength(2)
  expect(result.stderr.length).toBeLessThan(6_000)
  expect(result.millis).toBeLessThan(15_000)
})

test('opt-ins have variables: headers of responses, URLs to ignore, baggage', async () => {
  const source = `
    const { createServer } = require('node:http')
    const server = createServer((request, response) => response.end('x')).listen(0, async () => {
      const url = 'http://localhost:' + server.address().port
      const answer = await fetch(url + '/seen', { headers: { baggage: 'tenant=acme,other=1' } })
      console.log(/^00-[0-9a-f]{32}/.test(answer.headers.get('traceresponse')), answer.headers.get('server-timing'))
      await fetch(url + '/internal/x')
      server.close()
    })`
  const result = await run(source, {
    UPTRACE_DSN: `http://t@localhost:${sink.port}`,
    UPTRACE_RESPONSE_HEADERS: 'traceresponse',
    UPTRACE_IGNORE_URLS: '/internal/*',
    UPTRACE_BAGGAGE_KEYS: 'tenant',
  })
  expect(result).toMatchObject({ code: 0, stdout: 'true null\n', stderr: '' })
  const servers = sink.items('traces').filter(({ kind }) => kind === 2 || kind === 'SPAN_KIND_SERVER')
  expect(servers.map((span) => attributesOf(span)['url.path'])).toEqual(['/seen'])
  expect(attributesOf(servers[0]!)).toMatchObject({ tenant: 'acme' })
  expect(attributesOf(servers[0]!)).not.toHaveProperty('other')
})

test('a header that the connection forbids is refused when it is configured', async () => {
  const source = `
    const { configureOpentelemetry } = require('uptrace-node')
    try { configureOpentelemetry({ endpoint: '${sink.url}', protocol: 'grpc', headers: { connection: 'keep-alive' } }) }
    catch (error) { console.log(error.name, error.code, error.option) }`
  expect(await runSource('cjs', source)).toMatchObject({
    code: 0,
    stdout: 'ConfigError ERR_OPTION_TYPE headers\n',
    stderr: '',
  })
})

describe('the cluster mode of PM2, whose variables are in one of them until a script of its own unpacks it', () => {
  // what PM2's ProcessContainer does once the preload has run
  const container = `
    const packed = JSON.parse(process.env.pm2_env); delete process.env.pm2_env
    for (const [name, value] of Object.entries(packed)) process.env[name] = value
    ${SPAN}`

  test('are those of the program, and so is its name', async () => {
    const script = path.join(folder, 'server.js')
    writeFileSync(script, '')
    writeFileSync(path.join(folder, 'package.json'), '{"name":"shop-under-pm2","version":"2.3.4"}')
    const packed = {
      UPTRACE_DSN: `http://t@localhost:${sink.port}`,
      pm_exec_path: script,
      instances: 2,
      env: { A: 'b' },
    }
    const { code, stderr } = await run(container, { pm2_env: JSON.stringify(packed), UPTRACE_DSN: '' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { resource } = sink.received.find(({ signal }) => signal === 'traces')!.request.resourceSpans[0]
    expect(attributesOf(resource)).toMatchObject({ 'service.name': 'shop-under-pm2', 'service.version': '2.3.4' })
  })

  test.for(['{', 'null', '5', '[]'])('what is none, %s, changes nothing', async (packed) => {
    const env = { pm2_env: packed, UPTRACE_DSN: `http://t@localhost:${sink.port}` }
    expect(await run(SPAN, env)).toMatchObject({ code: 0, stderr: '' })
    expect(sink.items('traces').map(({ name }) => name)).toEqual(['work'])
  })
})
