/** Requests for AWS X-Ray carry a signature that a server finds right, made by its own account of Signature Version 4. */
import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createXrayIdGenerator } from '../../../src/signals/traces/xray-ids.ts'
import { decodeTraces } from '../../../src/wire/decode-traces.ts'
import { type RunResult, runSource } from '../../support/run-node.ts'

const KEY = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', token: 'session/token==' }
const CREDENTIALS = { AWS_ACCESS_KEY_ID: KEY.id, AWS_SECRET_ACCESS_KEY: KEY.secret, AWS_SESSION_TOKEN: KEY.token }

interface Taken {
  readonly problem: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly spans: Array<{ name: string; traceId: string }>
}

let server: Server
let port = 0
let taken: Taken[] = []

beforeEach(async () => {
  taken = []
  server = createServer(take).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

function take(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('end', () => {
    const body = Buffer.concat(chunks)
    const problem = findProblem(incoming, body)
    const raw = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    const spans = decodeTraces(raw).flatMap(({ items }) => items.map(({ name, traceId }) => ({ name, traceId })))
    taken.push({ problem, headers: incoming.headers, spans })
    outgoing.writeHead(problem === undefined ? 200 : 403, { 'content-type': 'application/x-protobuf' }).end()
  })
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function findProblem({ method, url, headers }: IncomingMessage, body: Buffer): string | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    )
  if (!match) return 'no signature'
  const [, id, day, region, service, names, signature] = match as unknown as string[]
  const time = String(headers['x-amz-date'])
  if (id !== KEY.id || region !== 'eu-west-1' || service !== 'xray' || !time.startsWith(day!)) return 'a wrong scope'
  if (headers['x-amz-security-token'] !== KEY.token) return 'no session token'
  const signed = names!.split(';')
  if (!['host', 'x-amz-date', 'x-amz-security-token'].every((name) => signed.includes(name))) return 'headers left out'
  const canonical = [
    method,
    url,
    '',
    ...signed.map((name) => `${name}:${String(headers[name]).trim().replace(/\s+/g, ' ')}`),
    '',
    names,
    sha256(body),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`
  const key = [region!, service!, 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${KEY.secret}`, day!))
  return hmac(key, text).toString('hex') === signature ? undefined : 'a wrong signature'
}

const program = (ending: string, more = ''): string => `
  import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'
  const telemetry = configureOpentelemetry({ backend: { name: 'xray', endpoint: 'http://127.0.0.1:${port}', region: 'eu-west-1' } })
  ${more}
  withSpan('first', (span) => { console.log(traceUrl(span)); withSpan('second', () => {}) })
  ${ending}`

// without a home there is no profile
const run = (source: string, env: Record<string, string>): Promise<RunResult> =>
  runSource('mjs', source, {
    env: { HOME: mkdtempSync(path.join(tmpdir(), 'home-')), AWS_EC2_METADATA_DISABLED: 'true', ...env },
  })

test.for([
  ['shutdown', 'await shutdown()'],
  ['process.exit', 'process.exit(0)'],
])('the signature is right at %s, and ids begin with the time', async ([, ending]) => {
  const before = Math.floor(Date.now() / 1000)
  const result = await run(program(ending!), CREDENTIALS)
  expect(result).toMatchObject({ code: 0, stderr: '' })
  expect(taken.map(({ problem }) => problem)).toEqual([undefined])
  const spans = taken.flatMap((one) => one.spans)
  expect(spans.map(({ name }) => name).sort()).toEqual(['first', 'second'])
  const seconds = Number.parseInt(spans[0]!.traceId.slice(0, 8), 16)
  expect(seconds).toBeGreaterThanOrEqual(before)
  expect(seconds).toBeLessThanOrEqual(Date.now() / 1000)
})

test('its header is sent on, for who is traced by X-Ray', async () => {
  const more = `
    import { context, propagation, trace } from '@opentelemetry/api'
    withSpan('out', (span) => {
      const headers = {}
      propagation.inject(context.active(), headers)
      const { traceId, spanId } = span.spanContext()
      if (headers['x-amzn-trace-id'] !== \`Root=1-\${traceId.slice(0, 8)}-\${traceId.slice(8)};Parent=\${spanId};Sampled=1\`) throw headers
      if (!headers.traceparent.includes(traceId)) throw headers
    })`
  expect(await run(program('await shutdown()', more), CREDENTIALS)).toMatchObject({ code: 0, stderr: '' })
})

test('without credentials spans wait, one line says why, and nothing is sent unsigned', async () => {
  // the packages of AWS take their time to load where the machine is busy
  const ending = `
    void telemetry.forceFlush()
    while (!/credentials/i.test(JSON.stringify(telemetry.health()))) await new Promise((resolve) => setTimeout(resolve, 20))
    await shutdown({ timeoutMillis: 50 })`
  const result = await run(program(ending), {})
  expect(result.code).toBe(0)
  expect(taken).toEqual([])
  const lines = result.stderr.trim().split('\n')
  expect(lines).toEqual([
    expect.stringMatching(/2 spans could not be delivered in time; http:\/\/127.0.0.1:\d+: .*credentials/i),
  ])
})

test('without the packages of AWS there is one line, which names them, and the program goes on', async () => {
  const source = `
    import module from 'node:module'
    const resolve = module._resolveFilename
    module._resolveFilename = function (name, ...rest) {
      if (/^@smithy|^@aws-sdk/.test(name)) throw Object.assign(new Error('not installed'), { code: 'MODULE_NOT_FOUND' })
      return resolve.call(this, name, ...rest)
    }
    const { configureOpentelemetry, shutdown, withSpan } = await import('uptrace-node')
    configureOpentelemetry({ backend: 'xray://eu-west-1' })
    console.log(withSpan('first', () => 'goes on'))
    await shutdown()`
  const result = await run(source, CREDENTIALS)
  expect(result).toMatchObject({ code: 0, stdout: 'goes on\n' })
  expect(result.stderr.trim().split('\n')).toEqual([
    'uptrace: the back end xray signs its requests by packages that are not installed (npm install @smithy/signature-v4 @aws-sdk/credential-provider-node); telemetry is disabled',
  ])
})

test('ids have the time in seconds in front, and 96 random bits', () => {
  const ids = createXrayIdGenerator(() => 1_480_615_200_123)
  const made = Array.from({ length: 1_000 }, () => ids.generateTraceId())
  expect(made.every((id) => /^58406520[0-9a-f]{24}$/.test(id))).toBe(true)
  expect(new Set(made).size).toBe(1_000)
  expect(ids.generateSpanId()).toMatch(/^[0-9a-f]{16}$/)
})
