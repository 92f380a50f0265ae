/**
 * How fast the viewer takes spans from another process and stores them on disk, and how fast it answers with a million stored.
 * `node bench/viewer.ts [spans]`; goals: 100 000 spans a second; a trace < 5 ms, newest 100 < 10 ms, a filtered list < 50 ms (p50).
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ROUTES, type TraceList } from '../src/viewer/api.ts'

const SPANS_A_TRACE = 20
const SPANS_A_REQUEST = 512
const REQUEST_KINDS = 40
const START = BigInt(Date.now() - 3_600_000) * 1_000_000n
const [mode, argument = '1000000'] =
  process.argv[2] === 'server' ? ['server', process.argv[3]] : ['client', process.argv[2]]

if (mode === 'server') await serve(argument!)
else await main(Number(argument))

async function serve(file: string): Promise<void> {
  const { startServer } = await import('../src/viewer/server.ts')
  const { createApi } = await import('../src/viewer/routes.ts')
  const server = await startServer(createApi, { file, limits: { maxSpans: 5_000_000, maxBytes: 8e9 } })
  process.send!({ url: server.url, token: server.token })
  process.on('message', () => process.send!({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() }))
  const end = () => void server.close().then(() => process.exit())
  process.on('SIGTERM', end)
  process.on('disconnect', end)
}

interface Target {
  readonly url: string
  readonly token: string
  readonly agent: Agent
}

async function main(count: number): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'viewer-bench-'))
  const child = fork(import.meta.filename, ['server', path.join(folder, 'viewer.db')])
  try {
    const [{ url, token }] = await once(child, 'message')
    const target: Target = { url, token, agent: new Agent({ keepAlive: true, maxSockets: 4 }) }
    await ingest(target, count, async () => {
      child.send('usage')
      return (await once(child, 'message'))[0]
    })
    await query(target)
    target.agent.destroy()
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
    rmSync(folder, { recursive: true })
  }
}

async function ingest(
  target: Target,
  count: number,
  usage: () => Promise<{ cpu: NodeJS.CpuUsage; rss: number }>,
): Promise<void> {
  const before = await usage()
  const latencies: number[] = []
  let sent = 0
  let building = 0
  const started = performance.now()
  const sender = async () => {
    while (sent < count) {
      const at = sent
      sent += SPANS_A_REQUEST
      const buildStart = performance.now()
      const body = encodeSpans(at)
      building += performance.now() - buildStart
      const start = performance.now()
      const { status } = await send(target, 'POST', '/v1/traces', body)
      if (status !== 200) throw new Error(`the viewer answered ${status}`)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: 4 }, sender))
  const seconds = (performance.now() - started) / 1000
  const after = await usage()
  const cpuSeconds = (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / 1e6
  console.log(
    `ingest   ${sent} spans in ${seconds.toFixed(1)} s: ${Math.round(sent / seconds)} spans/s, ${Math.round(sent / cpuSeconds)} a CPU second of the viewer`,
  )
  console.log(
    `         a request of ${SPANS_A_REQUEST}: p50 ${quantile(latencies, 0.5)} ms, p99 ${quantile(latencies, 0.99)} ms; the sender encoded for ${(building / 1000).toFixed(1)} s; RSS ${Math.round(after.rss / 1e6)} MB`,
  )
}

async function query(target: Target): Promise<void> {
  const get = async (url: string) => {
    const { status, text } = await send(target, 'GET', url)
    if (status !== 200) throw new Error(`${url}: ${status} ${text}`)
    return text
  }
  const { traces } = JSON.parse(await get(`${ROUTES.traces}?limit=1000`)) as TraceList
  const q = (text: string, more = '') => `${ROUTES.traces}?q=${encodeURIComponent(text)}${more}`
  const cases: readonly (readonly [name: string, goal: number, url: (round: number) => string])[] = [
    ['open a trace', 5, (round) => `/api/v1/traces/${traces[(round * 7) % traces.length]!.traceId}`],
    ['newest 100', 10, () => ROUTES.traces],
    ['service and duration, many', 50, (round) => q(`service:service-${round % 5} duration>${20 + round}ms`)],
    ['service and duration, few', 50, (round) => q(`service:service-${round % 5} duration>${149_000 + round}us`)],
    ['service and duration, none', 50, (round) => q(`service:service-${round % 5} duration>${10 + round}s`)],
    ['errors', 50, () => q('status:error')],
    ['slowest', 50, () => `${ROUTES.traces}?sort=slowest`],
    ['attribute, many', 500, () => q('http.response.status_code=200')],
    ['attribute, few', 3000, () => q('user.id=no-such-user')],
    ['text, none', 3000, () => q('nowhere-to-be-found')],
    ['facets', 500, () => ROUTES.traceFacets],
    ['scatter', 100, () => ROUTES.traceScatter],
    ['operations', 50, () => ROUTES.operations],
    ['services', 500, () => ROUTES.services],
    ['queries', 500, () => ROUTES.queries],
    ['insights', 200, () => ROUTES.insights],
    ['status', 50, () => ROUTES.status],
  ]
  for (const [name, goal, url] of cases) {
    const times: number[] = []
    const until = performance.now() + 3000
    for (let round = 0; round < 50 && (round < 3 || performance.now() < until); round++) {
      const start = performance.now()
      await get(url(round))
      times.push(performance.now() - start)
    }
    const p50 = quantile(times, 0.5)
    console.log(
      `${p50 <= goal ? '  ' : '! '}${name.padEnd(28)} p50 ${String(p50).padStart(8)} ms   p95 ${String(quantile(times, 0.95)).padStart(8)} ms   goal ${goal} ms`,
    )
  }
}

function send(target: Target, method: string, url: string, body?: Buffer): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(target.url)
    const outgoing = request({
      agent: target.agent,
      hostname,
      port,
      path: url,
      method,
      headers: {
        authorization: `Bearer ${target.token}`,
        ...(body ? { 'content-type': 'application/x-protobuf', 'content-length': body.length } : {}),
      },
    })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, text }))
    })
    outgoing.end(body)
  })
}

/** Protobuf by hand: traces of 20 spans over 5 services, with the attributes of Express, pg and redis. */
function encodeSpans(first: number): Buffer {
  const scopeSpans: Buffer[] = []
  for (let at = first; at < first + SPANS_A_REQUEST; at++) scopeSpans.push(field(2, encodeSpan(at)))
  const service = `service-${Math.floor(first / SPANS_A_REQUEST) % 5}`
  const resource = Buffer.concat([
    attribute('service.name', service, 1),
    attribute('service.instance.id', `${service}-1`, 1),
    attribute('host.name', 'bench', 1),
  ])
  const spans = Buffer.concat([field(1, field(1, Buffer.from('bench'))), ...scopeSpans])
  return field(1, Buffer.concat([field(1, resource), field(2, spans)]))
}

function encodeSpan(number: number): Buffer {
  const trace = Math.floor(number / SPANS_A_TRACE)
  const within = number % SPANS_A_TRACE
  const start = START + BigInt(trace) * 60_000_000n + BigInt(within) * 1_000_000n
  const duration = within === 0 ? BigInt(20 + (trace % 130)) * 1_000_000n : BigInt(1 + (number % 9)) * 300_000n
  const kind = within === 0 ? 2 : within % 4 === 0 ? 1 : 3
  const parts = [
    field(1, id(trace + 1, 16)),
    field(2, id(number + 1, 8)),
    ...(within === 0 ? [] : [field(4, id(number - within + 1, 8))]),
    field(
      5,
      Buffer.from(
        within === 0 ? `GET /route-${trace % REQUEST_KINDS}` : kind === 1 ? 'middleware' : `pg.query:SELECT ${within}`,
      ),
    ),
    Buffer.from([6 << 3, kind]),
    fixed(7, start),
    fixed(8, start + duration),
    ...(within === 0
      ? [
          attribute('http.request.method', 'GET', 9),
          attribute('http.route', `/route-${trace % REQUEST_KINDS}`, 9),
          attribute('url.path', `/route-${trace % REQUEST_KINDS}/${trace}`, 9),
          attribute('user.id', `user-${trace % 1000}`, 9),
          integer('http.response.status_code', trace % 50 === 0 ? 500 : 200, 9),
        ]
      : [
          attribute('db.system.name', 'postgresql', 9),
          attribute('db.namespace', 'shop', 9),
          attribute('db.query.text', `SELECT * FROM table_${within} WHERE id = ${number}`, 9),
        ]),
    ...(within === 0 && trace % 50 === 0 ? [field(15, Buffer.from([3 << 3, 2]))] : []),
  ]
  return Buffer.concat(parts)
}

function attribute(key: string, value: string, number: number): Buffer {
  return field(number, Buffer.concat([field(1, Buffer.from(key)), field(2, field(1, Buffer.from(value)))]))
}

function integer(key: string, value: number, number: number): Buffer {
  return field(
    number,
    Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.concat([Buffer.from([3 << 3]), varint(value)]))]),
  )
}

function id(number: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUInt32BE(number, bytes - 4)
  return buffer
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

function fixed(number: number, value: bigint): Buffer {
  const buffer = Buffer.alloc(9)
  buffer[0] = (number << 3) | 1
  buffer.writeBigUInt64LE(value, 1)
  return buffer
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}

function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round((sorted[Math.min(Math.floor(sorted.length * at), sorted.length - 1)] ?? 0) * 100) / 100
}
