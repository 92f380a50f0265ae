/** fetch of other runtimes, as Bun and Deno have it: what the application hands over arrives, and is told of where that can be done. */
import diagnosticsChannel from 'node:diagnostics_channel'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tellOfOtherFetch } from '../../../src/instrument/undici/other-fetch.ts'

const CHANNEL = 'undici:request:create'
const original = globalThis.fetch
const told: string[] = []
const onCreate = (message: unknown): void => {
  const { request } = message as { request: { method: string; headers: string[] } }
  told.push(request.method)
  request.headers.push('traceparent', 'x')
}
let given: RequestInit | undefined

beforeAll(() => {
  Object.defineProperty(process.versions, 'bun', { value: '1', configurable: true })
  globalThis.fetch = async (_input, init) => {
    given = init
    return new Response('ok')
  }
  diagnosticsChannel.subscribe(CHANNEL, onCreate)
  tellOfOtherFetch()
})
afterAll(() => {
  Reflect.deleteProperty(process.versions, 'bun')
  diagnosticsChannel.unsubscribe(CHANNEL, onCreate)
  globalThis.fetch = original
})

class Options {
  get method(): string {
    return 'PUT'
  }
}

test.for([
  ['none', undefined],
  ['a plain object', { method: 'GET' }],
  ['one without a prototype', Object.assign(Object.create(null), { method: 'GET' })],
])('options: %s is told of, with the headers that are added', async ([, init]) => {
  told.length = 0
  await fetch('http://a.test/', init as RequestInit)
  expect(told).toEqual(['GET'])
  expect(new Headers(given?.headers).get('traceparent')).toBe('x')
})

test('options of a class are handed on as they are, since a copy would lose what they inherit', async () => {
  told.length = 0
  const init = new Options()
  await fetch('http://a.test/', init)
  expect(given).toBe(init)
  expect(told).toEqual([])
})
