/** The MCP server as a coding agent meets it: the official client starts the command, lists the tools and calls each. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, type Harness, startHarness } from '../harness.ts'
import { id, LOGS, METRICS, ORDERS, STOCK, traceIdOf, tracesRequest } from '../sample.ts'

const CLI = path.join(import.meta.dirname, '../../../src/cli.ts')
const home = mkdtempSync(path.join(tmpdir(), 'uptrace-mcp-'))
const env = {
  PATH: process.env['PATH'] ?? '',
  XDG_STATE_HOME: path.join(home, 'state'),
  XDG_CACHE_HOME: path.join(home, 'cache'),
}

async function startClient(args: readonly string[]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [CLI, 'mcp', ...args], env, stderr: 'inherit' }),
  )
  return client
}

function closable(started: Client) {
  return { client: started, [Symbol.asyncDispose]: () => started.close() }
}

interface Answer {
  readonly isError?: boolean
  readonly content: readonly { readonly type: string; readonly text: string }[]
}

let harness: Harness
let client: Client
beforeAll(async () => {
  harness = await startHarness()
  await harness.send('/v1/traces', tracesRequest('orders', ORDERS))
  await harness.send('/v1/traces', tracesRequest('stock', STOCK))
  await harness.send('/v1/logs', LOGS)
  await harness.send('/v1/metrics', METRICS)
  client = await startClient(['--viewer', harness.server.dsn])
})
afterAll(async () => {
  await client.close()
  await harness[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
})

async function call(name: string, given: Record<string, unknown> = {}): Promise<Answer> {
  return (await client.callTool({ name, arguments: given })) as unknown as Answer
}
async function textOf(name: string, given?: Record<string, unknown>): Promise<string> {
  const { content, isError } = await call(name, given)
  expect(isError, content[0]?.text).toBeUndefined()
  return content[0]!.text
}
const rowsOf = async (name: string, given?: Record<string, unknown>): Promise<Record<string, unknown>[]> =>
  (await textOf(name, given)).split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)

test('the tools are listed with a description and a schema; all of them only read', async () => {
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name).sort()).toEqual([
    'compare',
    'compare_runs',
    'get_trace',
    'list_errors',
    'list_findings',
    'list_services',
    'query_metrics',
    'search_logs',
    'search_traces',
  ])
  for (const tool of tools) {
    expect(tool.description!.length, tool.name).toBeGreaterThan(80)
    expect(tool.annotations).toMatchObject({ readOnlyHint: true })
    for (const property of Object.values(tool.inputSchema.properties ?? {}))
      expect((property as { description: string }).description).toBeTruthy()
  }
  expect(client.getInstructions()).toContain('uptrace-node dev')
})

test('wrong arguments are answered with those that there are', async () => {
  const { isError, content } = await client.callTool({ name: 'get_trace', arguments: { id: 'ab' } })
  expect(isError).toBe(true)
  expect((content as { text: string }[])[0]!.text).toMatch(
    /^Wrong arguments: .*Arguments of get_trace: trace_id \(required\)\.$/,
  )
})

describe('each tool gives what is stored', () => {
  test('list_services', async () => {
    const [services, calls] = (await textOf('list_services')).split('\n\nCalls:\n')
    const rows = services!.split('\n').map((line) => JSON.parse(line) as { service: string; calls: number })
    expect(rows.map(({ service }) => service).sort()).toEqual(['orders', 'stock'])
    expect(calls).toContain('"to":"db:postgresql shop"')
    const operations = await rowsOf('list_services', { service: 'orders' })
    expect(operations).toContainEqual(expect.objectContaining({ name: 'GET /orders/:id', calls: 2, errors: 1 }))
  })

  test('search_traces', async () => {
    expect(await rowsOf('search_traces')).toHaveLength(3)
    expect(await rowsOf('search_traces', { query: 'status:error' })).toEqual([
      expect.objectContaining({ trace_id: traceIdOf(2), name: 'GET /orders/:id', http_status: 500, duration_ms: 40 }),
    ])
    const [slowest, more] = (await textOf('search_traces', { sort: 'slowest', limit: 1 })).split('\n')
    expect(JSON.parse(slowest!)).toMatchObject({ trace_id: traceIdOf(1), duration_ms: 100 })
    expect(more).toContain('There are more')
    expect(await textOf('search_traces', { query: 'name:nothing' })).toBe('No trace meets the query.')
    expect(await textOf('search_traces', { since_minutes: 1 })).toBe('No trace meets the query.')
  })

  test('get_trace, by its id and by the address of its page', async () => {
    const text = await textOf('get_trace', { trace_id: traceIdOf(1) })
    expect(text).toMatch(/GET \/orders\/:id/)
    expect(text).toContain('SELECT')
    const address = `http://localhost:1/traces/${traceIdOf(1)}?span_id=1`
    expect(await textOf('get_trace', { trace_id: address })).toBe(text)
  })

  test('search_logs', async () => {
    expect(await rowsOf('search_logs', { query: 'severity>=warn' })).toEqual([
      expect.objectContaining({ severity: 'error', body: 'order 2 failed', trace_id: traceIdOf(2) }),
      expect.objectContaining({ severity: 'warn', attributes: { item: 17 } }),
    ])
    expect(await rowsOf('search_logs', { trace_id: traceIdOf(1), order: 'oldest' })).toHaveLength(2)
  })

  test('list_findings and list_errors', async () => {
    // looked at a second after they have come
    const found = await eventually(async () => {
      const text = await textOf('list_findings', { kind: 'n+1' })
      return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : undefined
    })
    expect(found).toMatchObject({ service: 'orders', example_trace_id: traceIdOf(1) })
    expect(String(found['title'])).toContain('SELECT * FROM items')
    const errors = await eventually(async () => {
      const text = await textOf('list_errors')
      return text.startsWith('{') ? text.split('\n').map((line) => JSON.parse(line) as unknown) : undefined
    })
    expect(errors).toEqual([
      expect.objectContaining({
        error: 'TypeError: order 17 has no customer',
        at: '/app/src/orders.ts:12',
        example_trace_id: traceIdOf(2),
      }),
    ])
    expect(await textOf('list_errors', { service: 'stock' })).toBe('No error is stored.')
  })

  test('query_metrics', async () => {
    const names = (await rowsOf('query_metrics')).map(({ name }) => name)
    expect(names).toContain('http.server.request.duration')
    const data = await textOf('query_metrics', { name: 'pool.size' })
    expect(data).toMatch(/^pool\.size of orders, gauge, unit \{connection\}\n/)
    expect(JSON.parse(data.split('\n')[1]!)).toMatchObject({ min: 3, max: 5, last: 5 })
    expect(await textOf('query_metrics', { name: 'pool' })).toBe('No metric is named pool. There are pool.size.')
  })

  test('compare', async () => {
    const text = await textOf('compare', { a: traceIdOf(1), b: traceIdOf(2) })
    expect(text).toContain('places in the tree differ')
    expect(text).toMatch(/"kind":"client","a":\{"count":6,.*\},"b":null/)
    expect(text).toContain('{"key":"http.response.status_code","a":200,"b":500}')
  })
})

test('compare_runs: the newest start of the program against the one before', async () => {
  await using other = await startHarness()
  await using agent = closable(await startClient(['--viewer', other.server.dsn]))
  const compare = async (): Promise<string> =>
    ((await agent.client.callTool({ name: 'compare_runs', arguments: {} })) as unknown as Answer).content[0]!.text
  const job = (number: number, at: number, error?: string) => ({
    traceId: traceIdOf(number),
    spanId: id(number),
    name: 'job',
    at,
    millis: 5,
    ...(error === undefined ? {} : { error }),
  })
  await other.send('/v1/traces', tracesRequest('orders', [job(101, 0)], 'first'))
  expect(await compare()).toContain('There is one run only')
  await other.send(
    '/v1/traces',
    tracesRequest('orders', [job(102, 60_000, 'boom'), { ...job(103, 60_100), name: 'new job' }], 'second'),
  )
  const text = await compare()
  expect(text).toMatch(/^before: \{.*\nafter: \{/)
  expect(text).toContain('"name":"new job","verdict":"added"')
  expect(text).toMatch(/Findings that are new:\n\{"kind":"errors",.*boom/)
})

test.for([
  ['search_traces', { query: 'duration>>1' }, /^bad_query: .*\(at character \d+ of the query\)/],
  ['search_traces', { limit: 0 }, /^Wrong arguments: .*limit/],
  ['search_traces', { querry: 'a' }, /^Wrong arguments: .*additional properties/i],
  ['get_trace', {}, /^Wrong arguments: .*trace_id/],
  ['get_trace', { trace_id: 'f'.repeat(32) }, /^trace_not_found/],
] as const)('%s %o tells the agent what is wrong', async ([name, given, message]) => {
  const { isError, content } = await call(name, given)
  expect(isError).toBe(true)
  expect(content[0]!.text).toMatch(message)
})

test('without a viewer it serves all the same, and says how to start one', async () => {
  const alone = await startClient([])
  const { isError, content } = (await alone.callTool({ name: 'list_services', arguments: {} })) as unknown as Answer
  expect(isError).toBe(true)
  expect(content[0]!.text).toContain('uptrace-node dev')
  await alone.close()
})

describe('the command', () => {
  const run = (args: readonly string[], flags: readonly string[] = []) =>
    spawnSync(process.execPath, [...flags, CLI, 'mcp', ...args], { env, encoding: 'utf8', input: '', timeout: 20_000 })

  test('ends when the agent closes stdin, and prints nothing of its own', () => {
    expect(run([])).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })

  test('says in one line which package is missing', () => {
    const hide = `import { registerHooks } from 'node:module'
      registerHooks({ resolve(name, context, next) {
        if (name.startsWith('@modelcontextprotocol/')) throw Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' })
        return next(name, context)
      } })`
    const { status, stderr } = run([], ['--import', `data:text/javascript,${encodeURIComponent(hide)}`])
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        'uptrace-node mcp needs the package @modelcontextprotocol/sdk: npm install --save-dev @modelcontextprotocol/sdk\n',
    })
  })

  test.for([
    [['--wat'], /--wat/],
    [['--viewer', 'x'], /must be a DSN/],
  ] as const)('refuses %o', ([args, message]) => {
    const { status, stderr } = run(args)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
    expect(stderr).toContain('Usage: uptrace-node mcp')
  })
})
