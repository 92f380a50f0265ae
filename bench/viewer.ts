/**
 * How fast the viewer takes spans from another process and stores them on disk, and how fast it answers with a million stored.
 * `node bench/viewer.ts [spans] [--ingest | --load=20000]`, `CPU_PROF=folder` profiles the viewer; goals: 100 000 spans a second; a trace < 5 ms, newest 100 < 10 ms,
 * a filtered list < 50 ms (p50); with `--load`, while so many spans a second come in, every answer < 300 ms (p95).
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type OperationList, ROUTES, type TraceList } from '../src/viewer/api.ts'
import { createSpanSource, SPANS_A_REQUEST } from './viewer-spans.ts'

const START = BigInt(Date.now() - 3_600_000) * 1_000_000n
const [mode, argument = '1000000'] =
  process.argv[2] === 'server' ? ['server', process.argv[3]] : ['client', process.argv[2]]

const LOAD = Number(process.argv.find((argument) => argument.startsWith('--load='))?.slice(7) ?? 0)
const LOADED_GOAL_MILLIS = 300
/** As of services: one waits for an answer while another sends. */
const SENDERS = 3

if (mode === 'server') await serve(argument!)
else await main(Number(argument))

async function serve(file: string): Promise<void> {
  const { startServer } = await import('../src/viewer/serve/server.ts')
  const { createApi } = await import('../src/viewer/serve/routes.ts')
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
  const profile = process.env['CPU_PROF'] ? ['--cpu-prof', `--cpu-prof-dir=${process.env['CPU_PROF']}`] : []
  const child = fork(import.meta.filename, ['server', path.join(folder, 'viewer.db')], { execArgv: profile })
  try {
    const [{ url, token }] = await once(child, 'message')
    const target: Target = { url, token, agent: new Agent({ keepAlive: true, maxSockets: 4 }) }
    await ingest(target, count, async () => {
      child.send('usage')
      return (await once(child, 'message'))[0]
    })
    if (LOAD > 0) await underLoad(target, count, () => query(target))
    else if (!process.argv.includes('--ingest')) await query(target)
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
  const bodyAt = createSpanSource(START)
  const latencies: number[] = []
  let sent = 0
  let building = 0
  const started = performance.now()
  const sender = async () => {
    while (sent < count) {
      const at = sent
      sent += SPANS_A_REQUEST
      const buildStart = performance.now()
      const body = bodyAt(at)
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
    `         a request of ${SPANS_A_REQUEST}: p50 ${quantile(latencies, 0.5)} ms, p99 ${quantile(latencies, 0.99)} ms; the sender built them in ${(building / 1000).toFixed(1)} s; RSS ${Math.round(after.rss / 1e6)} MB`,
  )
}

/** Sends new spans at the asked rate while `act` runs; says what rate it came to. */
async function underLoad(target: Target, from: number, act: () => Promise<void>): Promise<void> {
  const bodyAt = createSpanSource(BigInt(Date.now()) * 1_000_000n)
  const first = Math.ceil(from / SPANS_A_REQUEST) * SPANS_A_REQUEST
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS })
  const started = performance.now()
  let sent = 0
  let isOver = false
  const sender = async () => {
    while (!isOver) {
      const at = sent
      sent += SPANS_A_REQUEST
      await setTimeout(Math.max((at / LOAD) * 1000 - (performance.now() - started), 0))
      const { status } = await send({ ...target, agent }, 'POST', '/v1/traces', bodyAt(first + at))
      if (status !== 200) throw new Error(`the viewer answered ${status}`)
    }
  }
  const senders = Array.from({ length: SENDERS }, sender)
  await act()
  const seconds = (performance.now() - started) / 1000
  isOver = true
  await Promise.all(senders)
  agent.destroy()
  console.log(`load     ${Math.round(sent / seconds)} of ${LOAD} spans/s came in meanwhile`)
}

async function query(target: Target): Promise<void> {
  const get = async (url: string) => {
    const { status, text } = await send(target, 'GET', url)
    if (status !== 200) throw new Error(`${url}: ${status} ${text}`)
    return text
  }
  const { traces } = JSON.parse(await get(`${ROUTES.traces}?limit=1000`)) as TraceList
  const [first] = (JSON.parse(await get(ROUTES.operations)) as OperationList).operations
  const operation = new URLSearchParams({ service: first!.service, name: first!.name, kind: first!.kind })
  const q = (text: string, more = '') => `${ROUTES.traces}?q=${encodeURIComponent(text)}${more}`
  // the page asks in steps
  const cases: readonly (readonly [name: string, goal: number, url: (round: number) => string])[] = [
    ['open a trace', 5, (round) => `/api/v1/traces/${traces[(round * 7) % traces.length]!.traceId}`],
    ['newest 100', 10, () => ROUTES.traces],
    ['service and duration, many', 50, (round) => q(`service:service-${round % 5} duration>${20 + round}ms`)],
    ['service and duration, few', 50, (round) => q(`service:service-${round % 5} duration>${149_000 + round}us`)],
    ['service and duration, none', 50, (round) => q(`service:service-${round % 5} duration>${10 + round}s`)],
    ['errors', 50, () => q('status:error')],
    ['slowest', 50, () => `${ROUTES.traces}?sort=slowest`],
    ['attribute, many', 500, () => q('http.response.status_code=200')],
    ['attribute, few', 3000, () => q('user.id=no-such-user', LOAD > 0 ? '&wait=150' : '')],
    ['text, none', 3000, () => q('nowhere-to-be-found', LOAD > 0 ? '&wait=150' : '')],
    ['facets', 500, () => ROUTES.traceFacets],
    ['scatter', 100, () => ROUTES.traceScatter],
    ['operations', 50, () => ROUTES.operations],
    ['services', 500, () => ROUTES.services],
    ['queries', 500, () => ROUTES.queries],
    ['insights', 200, () => ROUTES.insights],
    ['status', 50, () => ROUTES.status],
    ['runs', 50, () => ROUTES.runs],
    ['fields', 500, () => `${ROUTES.fields}?of=spans`],
    ['values of a field', 500, () => `${ROUTES.fieldValues}?of=spans&field=http.response.status_code`],
    ['one operation', 500, () => `${ROUTES.operation}?${operation}`],
    ['logs', 50, () => ROUTES.logs],
    ['metrics', 50, () => ROUTES.metrics],
  ]
  for (const [name, goal, url] of cases) {
    const times: number[] = []
    const until = performance.now() + 3000
    for (let round = 0; round < 50 && (round < 3 || performance.now() < until); round++) {
      const start = performance.now()
      await get(url(round))
      times.push(performance.now() - start)
    }
    const [p50, p95] = [quantile(times, 0.5), quantile(times, 0.95)]
    const isMet = LOAD > 0 ? p95 <= LOADED_GOAL_MILLIS : p50 <= goal
    console.log(
      `${isMet ? '  ' : '! '}${name.padEnd(28)} p50 ${String(p50).padStart(8)} ms   p95 ${String(p95).padStart(8)} ms   goal ${LOAD > 0 ? `p95 ${LOADED_GOAL_MILLIS}` : goal} ms`,
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

function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round((sorted[Math.min(Math.floor(sorted.length * at), sorted.length - 1)] ?? 0) * 100) / 100
}
