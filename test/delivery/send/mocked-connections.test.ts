/** Tests of applications replace what Node connects with: delivery neither stops nor is seen. nock 13 replaces `ClientRequest`, nock 14 and msw `connect` of sockets. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Sink, startSink } from '../../faults/sink.ts'
import { createTls, type TlsFiles } from '../../faults/tls.ts'
import { runSource } from '../../support/run-node.ts'

const REQUESTS = `const http = require('node:http'); http.ClientRequest = class { constructor() { console.log('seen'); throw new Error('disallowed') } }`
const SOCKETS = `const http = require('node:http'); const { Socket } = require('node:net'); const mock = function () { console.log('seen'); process.nextTick(() => this.destroy(new Error('disallowed'))); return this }
Object.defineProperty(Socket.prototype, 'connect', { value: mock, configurable: true, enumerable: true })`
/** Sends while it runs, and looks at what the mock is afterwards. */
const BODY = `const { withSpan, forceFlush } = require('uptrace-node')
withSpan('work', () => {}); forceFlush().then(({ delivered, timedOut }) => { withSpan('rest', () => {}); console.log(delivered && !timedOut, REPLACED) })`

const folder = mkdtempSync(path.join(tmpdir(), 'uptrace-mocked-'))
const authority = path.join(folder, 'ca.pem')
let tls: TlsFiles
let sink: Sink | undefined
beforeAll(() => {
  tls = createTls()
  writeFileSync(authority, tls.ca)
})
afterEach(() => sink?.close())
afterAll(() => rmSync(folder, { recursive: true }))

test.for<[string, string, string, 'http' | 'https']>([
  ['requests', REQUESTS, `/disallowed/.test(http.ClientRequest)`, 'http'],
  ['requests, over TLS', REQUESTS, `/disallowed/.test(http.ClientRequest)`, 'https'],
  ['sockets', SOCKETS, `Socket.prototype.connect === mock`, 'http'],
  ['sockets, over TLS', SOCKETS, `Socket.prototype.connect === mock`, 'https'],
])('mocks of %s', async ([, mock, isStillThere, protocol]) => {
  sink = await startSink(protocol === 'https' ? { tls } : {})
  const { code, stdout, stderr } = await runSource('cjs', `${mock}\n${BODY.replace('REPLACED', isStillThere)}`, {
    flags: ['--import', 'uptrace-node/register'],
    env: { UPTRACE_DSN: `${protocol}://t@127.0.0.1:${sink.port}/1`, NODE_EXTRA_CA_CERTS: authority },
  })
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'true true\n', stderr: '' })
  expect(sink.items('traces').map(({ name }) => name)).toEqual(['work', 'rest'])
})
