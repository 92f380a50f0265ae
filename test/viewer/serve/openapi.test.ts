/** The description of the API is what the server does: each of its routes is in it, and each answer is as it says. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderOpenApi } from '../../../scripts/generate-openapi.ts'
import { createApi } from '../../../src/viewer/serve/routes.ts'
import { type Harness, startHarness } from '../harness.ts'
import { id, LOGS, METRICS, ORDERS, STOCK, traceIdOf, tracesRequest } from '../sample.ts'

type Json = Record<string, unknown>
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<
    Record<string, { readonly content?: Record<string, { readonly schema?: { $ref: string } }> }>
  >
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Json }
}

const text = renderOpenApi()
const document = JSON.parse(text) as OpenApi
const operations = Object.entries(document.paths).flatMap(([address, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ address, method: method.toUpperCase(), operation })),
)

/** What an answer has and the types do not name is a mistake as well. */
function close(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(close)
  if (typeof schema !== 'object' || schema === null) return schema
  const closed = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, close(value)]))
  const isClosed = 'properties' in closed && typeof closed['properties'] === 'object' && closed['type'] === 'object'
  return isClosed ? { additionalProperties: false, ...closed } : closed
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
ajv.addSchema({ $id: 'api', components: close(document.components) as Json })
function problemsOf(type: string, value: unknown): string[] {
  const validate = ajv.getSchema(`api#/components/schemas/${type}`)!
  return validate(value)
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      )
}

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.send('/v1/traces', tracesRequest('orders', ORDERS, 'orders-1'))
  await harness.send('/v1/traces', tracesRequest('stock', STOCK))
  await harness.send(
    '/v1/traces',
    tracesRequest(
      'orders',
      [{ traceId: traceIdOf(9), spanId: id(900), name: 'GET /orders/:id', kind: 2, at: 60_000, millis: 9 }],
      'orders-2',
    ),
  )
  await harness.send('/v1/logs', LOGS)
  await harness.send('/v1/metrics', METRICS)
})
afterAll(() => harness[Symbol.asyncDispose]())

test('docs/openapi.json is what scripts/generate-openapi.ts writes', () => {
  expect(readFileSync(path.join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8')).toBe(text)
})

test('every route of the server is described, and nothing else', () => {
  const { server } = harness
  const context = { ...server, readBody: undefined, guard: undefined, shutdown: () => {} }
  const api = createApi(context as never)
  const served = api
    .routes(server.ticks)
    .filter((route) => route.path.startsWith('/api/v1/'))
    .map(({ method, path: address }) => `${method} ${address.replace(/:(\w+)/g, '{$1}')}`)
  api.close()
  expect(operations.map(({ method, address }) => `${method} ${address}`).sort()).toEqual(
    [...served, 'GET /healthz'].sort(),
  )
})

/** Values of what a path or a query must have. */
const GIVEN: Readonly<Record<string, string>> = {
  traceId: traceIdOf(1),
  spanId: id(1),
  a: traceIdOf(1),
  b: traceIdOf(2),
  'GET /api/v1/operations/detail': 'service=orders&name=GET /orders/:id&kind=server',
  'GET /api/v1/fields/values': 'of=spans&field=http.route',
  'GET /api/v1/metrics/spans': `from=${0}&to=${Date.now() * 1000}`,
}

const answering = operations.filter(({ method, operation }) => method === 'GET' && typeOf(operation) !== undefined)

function typeOf(operation: Operation): string | undefined {
  return operation.responses['200']?.content?.['application/json']?.schema?.$ref.split('/').at(-1)
}

test.for(answering.map(({ address, operation }) => [address, typeOf(operation)!, operation] as const))(
  'GET %s answers with a %s',
  async ([address, type, { parameters = [] }]) => {
    const [query, ids] = [new URLSearchParams(GIVEN[`GET ${address}`]), await instruments(address)]
    if (address === '/api/v1/compare') for (const name of ['a', 'b']) query.set(name, GIVEN[name]!)
    const target = address.replace(/\{(\w+)\}/g, (_, name: string) => GIVEN[name]!)
    for (const instrument of ids) {
      if (instrument !== undefined) query.set('id', instrument)
      for (const name of query.keys()) expect(parameters.map((parameter) => parameter.name)).toContain(name)
      const answer = await harness.get<Json>(`${target}?${query}`)
      expect(problemsOf(type, answer), JSON.stringify(answer).slice(0, 500)).toEqual([])
    }
  },
)

/** Of routes about an instrument: one of each type. */
async function instruments(address: string): Promise<(string | undefined)[]> {
  if (!/metrics\/(data|spans)$/.test(address)) return [undefined]
  const { instruments: all } = await harness.get<{ instruments: { id: string }[] }>('/api/v1/metrics')
  expect(all.length).toBeGreaterThan(5)
  return all.map((instrument) => instrument.id)
}

test('what posts answer, and errors, are as described', async () => {
  const post = async (address: string, body?: unknown) =>
    harness.fetch(address, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  expect(problemsOf('TestTrace', await (await post('/api/v1/test-trace')).json())).toEqual([])
  expect(
    problemsOf('ImportResult', await (await post('/api/v1/import', tracesRequest('more', ORDERS.slice(0, 1)))).json()),
  ).toEqual([])
  expect(problemsOf('PageKey', await (await post('/api/v1/key')).json())).toEqual([])
  for (const target of [`/api/v1/traces/${'f'.repeat(32)}`, '/api/v1/traces?q=duration%3E%3E1', '/api/v1/nothing']) {
    const response = await harness.fetch(target)
    expect(response.ok).toBe(false)
    expect(problemsOf('ApiError', await response.json()), target).toEqual([])
  }
})

test('a wrong answer is found', async () => {
  const list = await harness.get<Json>('/api/v1/traces')
  expect(problemsOf('TraceList', { ...list, next: 5 })).not.toEqual([])
  expect(problemsOf('TraceList', { ...list, unheard: 1 })).not.toEqual([])
})
