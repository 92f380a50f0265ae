/** h3 1, which is not installed here: a router as it makes it. `npm run test:frameworks` runs the real one. */
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { type RPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { patchH3Router } from '../../../src/instrument/routes/h3-1.ts'

beforeEach(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterEach(() => context.disable())

interface Event {
  path: string
  context: { matchedRoute?: { path: string } }
  node: { req: { url: string } }
}

test.for([
  ['answers', (): string => 'ok'],
  [
    'throws',
    (): string => {
      throw new Error('bad')
    },
  ],
] as const)('a handler that %s has its route, and its error stays as it is', ([, answer]) => {
  const error = new Error('bad')
  const createRouter = (): object => ({
    handler(event: Event): string {
      event.context.matchedRoute = { path: '/posts/:id' }
      try {
        return answer()
      } catch {
        throw error
      }
    },
  })
  const patched = patchH3Router({ createRouter }) as { createRouter: () => { handler: (event: Event) => unknown } }
  const metadata: RPCMetadata = {
    type: RPCType.HTTP,
    span: trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 }),
  }
  const outcome = context.with(setRPCMetadata(ROOT_CONTEXT, metadata), () => {
    try {
      return patched.createRouter().handler({ path: '/posts/1', context: {}, node: { req: { url: '/posts/1' } } })
    } catch (caught) {
      return caught
    }
  })
  expect(metadata.route).toBe('/posts/:id')
  expect(['ok', error]).toContain(outcome)
})
