/**
 * `npm run test:sampling -- [requests]`: a service that keeps 1 %, errors and slow requests, under 100,000 requests over node:http. Every error and slow trace
 * has to arrive whole, the metrics of its spans have to be exact, and neither the requests nor roots that never end may leave anything behind.
 */
import { readFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import type { Health } from '../../src/telemetry.ts'
import { type RunResult, runSource } from '../support/run-node.ts'
import { attributesOf, type Decoded } from '../wire/proto/otlp.ts'
import { startSink } from './sink.ts'

const REQUESTS = Number(process.argv[2] ?? 100_000)
const ENDLESS = 20_000
const CONCURRENCY = 64
const RATIO = 0.01
const RSS_LIMIT_BYTES = 400e6
const LEAK_LIMIT_BYTES = 10e6
const SPANS = ['GET', 'load', 'query']

const problems: string[] = []
const sink = await startSink()
let child: { readonly stdout: string } | undefined
const ended: Promise<RunResult> = runSource(
  'cjs',
  readFileSync(path.join(import.meta.dirname, 'bounds/sampling.cjs'), 'utf8'),
  {
    flags: ['--expose-gc'],
    env: { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}`, NODE_ENV: 'production' },
    timeoutMillis: 580_000,
    onStart: (started) => (child = started),
  },
)
const agent = new http.Agent({ keepAlive: true, maxSockets: CONCURRENCY })
const port = await readPort()

await load(0, 2000)
const heapBefore = await heapBytes()
const startedAt = performance.now()
await load(2000, REQUESTS)
const seconds = (performance.now() - startedAt) / 1000
await get(`/endless?count=${ENDLESS}`, 'POST')
// a sweep after the wait of the program
await new Promise((resolve) => setTimeout(resolve, 4000))
const heapAfter = await heapBytes()
const { health, peakRss, cpuMillis } = JSON.parse(await get('/stop', 'POST')) as {
  health: Health
  peakRss: number
  cpuMillis: number
}
agent.destroy()
const result = await ended
await sink.close()

check('the service ends well', result.code === 0 && result.stderr === '', `${result.code} ${result.stderr}`)
const traces = Map.groupBy(sink.items('traces') as Decoded[], ({ traceId }) => String(traceId))
const byId = new Map<string, Decoded[]>()
for (const spans of traces.values()) {
  const id = spans.map((span) => attributesOf(span)['request.id']).find((value) => value !== undefined)
  if (id !== undefined) byId.set(String(id), spans)
}
const [errors, slow, ordinary] = [[], [], []] as [number[], number[], number[]]
for (let id = 0; id < REQUESTS; id++)
  (kindOf(id) === 'error' ? errors : kindOf(id) === 'slow' ? slow : ordinary).push(id)
const isWhole = (id: number): boolean => {
  const names = (byId.get(String(id)) ?? []).map(({ name }) => String(name)).sort()
  return names.length === SPANS.length && SPANS.every((name) => names.includes(name))
}
const missing = [...errors, ...slow].filter((id) => !isWhole(id))
check(
  'every error and slow trace arrives whole',
  missing.length === 0,
  `${missing.length} of ${errors.length + slow.length} do not: ${missing.slice(0, 5)}`,
)
// a request may be slower than it should be on a machine that is
const kept = ordinary.filter((id) => byId.has(String(id)) && reasonOf(byId.get(String(id))!) === 'ratio')
check('ordinary traces are whole as well', kept.every(isWhole), 'not all')
const share = kept.length / ordinary.length
check(
  'ordinary traces are kept in their share',
  Math.abs(share - RATIO) < 5 * Math.sqrt((RATIO * (1 - RATIO)) / ordinary.length),
  `${share}`,
)
const weight = [...byId.values()].reduce((sum, spans) => sum + weightOf(spans[0]!), 0)
check(
  'weights add up to all requests',
  Math.abs(weight / REQUESTS - 1) < 5 * Math.sqrt((1 - RATIO) / RATIO / ordinary.length),
  `${weight}`,
)
const counted = countCalls()
for (const name of SPANS) check(`calls of ${name} are exact`, counted(name) === REQUESTS, `${counted(name)}`)
check(
  'failed calls are exact',
  counted('query', 'STATUS_CODE_ERROR') === errors.length,
  `${counted('query', 'STATUS_CODE_ERROR')} of ${errors.length}`,
)
const { created, delivered, dropped } = health.signals.traces!
const lost = Object.values(dropped as Record<string, number>).reduce((sum, count) => sum + count, 0)
check(
  'created is delivered and dropped',
  created === delivered + lost && lost === 0,
  JSON.stringify(health.signals.traces),
)
const left = heapAfter - heapBefore
check(
  `less than ${megabytes(LEAK_LIMIT_BYTES)} stay after requests and roots that never end`,
  left < LEAK_LIMIT_BYTES,
  megabytes(left),
)
check(`memory stays below ${megabytes(RSS_LIMIT_BYTES)}`, peakRss < RSS_LIMIT_BYTES, megabytes(peakRss))

process.stdout.write(
  `${REQUESTS} requests in ${seconds.toFixed(0)} s, ${((1000 * cpuMillis) / REQUESTS).toFixed(0)} µs of CPU each; ${errors.length} errors, ${slow.length} slow, ${kept.length} of ${ordinary.length} others kept, ` +
    `weights add up to ${weight.toFixed(0)}; peak of memory ${megabytes(peakRss)}, ${megabytes(left)} more on the heap after ${ENDLESS} roots that never end\n`,
)
for (const problem of problems) process.stdout.write(`failed: ${problem}\n`)
process.exitCode = problems.length > 0 ? 1 : 0

function kindOf(id: number): 'error' | 'slow' | 'ordinary' {
  return id % 200 === 7 ? 'error' : id % 250 === 11 ? 'slow' : 'ordinary'
}

function check(what: string, holds: boolean, seen: string): void {
  if (!holds) problems.push(`${what}: ${seen}`)
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function reasonOf(spans: readonly Decoded[]): unknown {
  return spans.map((span) => attributesOf(span)['uptrace.keep.reason']).find((reason) => reason !== undefined)
}

function weightOf({ traceState }: Decoded): number {
  const threshold = /ot=th:([0-9a-f]+)/.exec(String(traceState))![1]!
  return 1 / (1 - Number.parseInt(threshold.padEnd(14, '0'), 16) / 2 ** 56)
}

function countCalls(): (name: string, status?: string) => number {
  const series = new Map<string, { attributes: Record<string, unknown>; value: number }>()
  for (const metric of sink.items('metrics') as Decoded[]) {
    if (metric.name !== 'traces.span.metrics.calls') continue
    const { dataPoints, aggregationTemporality } = metric.sum as Decoded
    const isDelta = /DELTA|^1$/.test(String(aggregationTemporality))
    for (const point of dataPoints as Decoded[]) {
      const attributes = attributesOf(point)
      const key = JSON.stringify(attributes)
      series.set(key, {
        attributes,
        value: (isDelta ? (series.get(key)?.value ?? 0) : 0) + Number(point.asInt ?? point.asDouble),
      })
    }
  }
  return (name, status) =>
    [...series.values()]
      .filter(
        ({ attributes }) =>
          attributes['span.name'] === name && (status === undefined || attributes['status.code'] === status),
      )
      .reduce((sum, { value }) => sum + value, 0)
}

async function load(from: number, to: number): Promise<void> {
  let next = from
  const send = async (): Promise<void> => {
    for (let id = next++; id < to; id = next++) await get(`/?id=${id}&kind=${kindOf(id)}`)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, send))
}

async function heapBytes(): Promise<number> {
  return Number(await get('/heap', 'POST'))
}

function get(url: string, method = 'GET'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', agent, method, path: url }, (answer) => {
      let text = ''
      answer
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('end', () => resolve(text))
    })
    request.on('error', reject).end()
  })
}

async function readPort(): Promise<number> {
  for (;;) {
    const match = /port (\d+)/.exec(child?.stdout ?? '')
    if (match) return Number(match[1])
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
