/** node:http2: incoming streams as requests of a server, and outgoing requests, with their trace in the headers. */
import { createRequire } from 'node:module'
import { Duplex } from 'node:stream'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { defineInstrumentation, type Settings, type Tracing } from '../define.ts'
import { withPristineRequire } from '../hooks/module-require.ts'
import { wrapEmit } from '../http/inherited-emit.ts'
import { wrapMethod } from '../wrap-method.ts'
import { wrapRequest } from './client.ts'
import { emitOfServer } from './server.ts'

const require = createRequire(import.meta.url)
let isPatched = false

export function createHttp2(settings: Settings): Instrumentation {
  return defineInstrumentation({ name: 'http2', targets: [], onEnable: patch }, settings)
}

/** Its classes are not exported: they are those of objects that nobody connects or listens with. */
function patch(tracing: Tracing): void {
  if (isPatched) return
  isPatched = true
  const http2 = withPristineRequire(() => require('node:http2')) as typeof import('node:http2')
  wrapEmit(prototypeOf(http2.createServer()), (below) => emitOfServer(below, 'http', tracing))
  // which without certificates of its own would read those that Node comes with
  wrapEmit(prototypeOf(http2.createSecureServer({ ca: [] })), (below) => emitOfServer(below, 'https', tracing))
  const nowhere = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  const session = http2.connect('http://localhost', { createConnection: () => nowhere })
  session.on('error', () => {})
  wrapMethod(prototypeOf(session), 'request', (original) => wrapRequest(original, tracing))
  session.destroy()
  nowhere.destroy()
}

const prototypeOf = <T extends object>(object: T): T => Object.getPrototypeOf(object) as T
