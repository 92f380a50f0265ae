/** In a serverless function the process is frozen after each response: what was recorded must have left before. */
import { spawn } from 'node:child_process'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../../faults/sink.ts'
import { sleep, until } from '../support.ts'

const node = path.join(import.meta.dirname, '../../../node_modules/.bin/node')
let sink: Sink
let api: Server
let next: ServerResponse | undefined
let onResponse: (id: string) => void = () => {}

beforeEach(async () => {
  sink = await startSink()
  // a stand-in of the runtime API: `next` blocks until there is an invocation
  api = createServer((request, response) => {
    if (request.url?.endsWith('/next')) next = response
    else {
      response.writeHead(202).end()
      onResponse(/invocation\/([^/]+)\/response/.exec(request.url ?? '')![1]!)
    }
  })
  api.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  api.closeAllConnections()
  api.close()
  await sink.close()
})

test('every span arrives before the function is frozen, also after a thaw', { timeout: 30_000 }, async () => {
  const child = spawn(node, [path.join(import.meta.dirname, '../fixtures/lambda.ts')], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      SINK_URL: sink.url,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(api.address() as AddressInfo).port}`,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  try {
    for (let invocation = 1; invocation <= 5; invocation++) {
      await until(() => next !== undefined)
      const waiting = next!
      next = undefined
      const answered = new Promise<void>((resolve) => {
        onResponse = () => {
          child.kill('SIGSTOP')
          resolve()
        }
      })
      waiting.writeHead(200, { 'lambda-runtime-aws-request-id': String(invocation) }).end('{}')
      await answered
      expect(sink.items('traces').map(({ name }) => name)).toContain(`invocation ${invocation}`)
      // longer than the server keeps an idle connection: the next request finds it closed
      if (invocation === 3) await sleep(6000)
      child.kill('SIGCONT')
    }
  } finally {
    child.kill('SIGKILL')
  }
  expect(sink.items('traces')).toHaveLength(5)
})
