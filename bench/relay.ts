/**
 * What a Collector of deploy/kubernetes costs a span: CPU time and memory of its process, and bytes on the wire. `node bench/relay.ts [spans]`,
 * after `npm run build` and scripts/build-backends.sh. CPU time, since it says the same on a busy machine.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startSink } from '../test/faults/sink.ts'
import { eventually, freePort, runCollector } from '../test/support/backends.ts'
import { runSource } from '../test/support/run-node.ts'

const CONFIGS = path.join(import.meta.dirname, '../deploy/kubernetes/collector')
const TICK_MILLIS = 10
const SPANS = Number(process.argv[2] ?? 300_000)
const LOAD = `
import { SpanKind } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, withSpan } from 'uptrace-node'
const telemetry = configureOpentelemetry({ serviceName: 'load', metricsEnabled: false })
const attributes = (i) => ({
  'http.request.method': 'GET', 'http.route': '/orders/:id', 'url.path': '/orders/' + i, 'http.response.status_code': 200,
  'server.address': 'shop.example', 'server.port': 443, 'user.id': 'user-' + i % 1000, 'network.protocol.version': '1.1',
})
for (let i = 0; i < ${SPANS} / 10; i++) {
  withSpan('GET /orders/:id', { kind: SpanKind.SERVER, attributes: attributes(i) }, () => {
    for (let k = 0; k < 9; k++) withSpan('SELECT orders', { kind: SpanKind.CLIENT, attributes: attributes(i) }, () => {})
  })
  if (i % 50 === 0) await new Promise(setImmediate)
}
await shutdown({ timeoutMillis: 120000 })
console.log(JSON.stringify(telemetry.health().signals.traces))
`

const sink = await startSink()

async function settings() {
  const [http, grpc, health] = await Promise.all([freePort(), freePort(), freePort()])
  return {
    OTLP_HTTP_LISTEN: `127.0.0.1:${http}`,
    OTLP_GRPC_LISTEN: `127.0.0.1:${grpc}`,
    HEALTH_LISTEN: `127.0.0.1:${health}`,
    QUEUE_DIRECTORY: mkdtempSync(path.join(tmpdir(), 'otelcol-queue-')),
    UPTRACE_DSN: 'https://token@back-end',
    UPTRACE_OTLP_ENDPOINT: sink.url,
    NEXT_ENDPOINT: sink.url,
    SHARE_PERCENT: '100',
    MEMORY_LIMIT_MIB: '1500',
  }
}

/** CPU time so far in milliseconds, and the most memory it had, in MiB. */
function used(pid: number): { cpuMillis: number; peakMib: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return {
    cpuMillis: (Number(fields[11]) + Number(fields[12])) * TICK_MILLIS,
    peakMib: Math.round(Number(peak?.[1]) / 1024),
  }
}

async function measure(name: string, pids: Record<string, number>, httpListen: string): Promise<void> {
  const before = Object.fromEntries(Object.entries(pids).map(([role, pid]) => [role, used(pid)]))
  const from = sink.received.length
  const { stdout } = await runSource('mjs', LOAD, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${httpListen}` },
    timeoutMillis: 200_000,
  })
  const { delivered } = JSON.parse(stdout.trim().split('\n').at(-1)!)
  const spansOf = (): number =>
    sink.received.slice(from).reduce((sum, { signal, items }) => sum + (signal === 'traces' ? items.length : 0), 0)
  await eventually(spansOf, (count) => count >= delivered, 120_000)
  for (const [role, pid] of Object.entries(pids)) {
    const { cpuMillis, peakMib } = used(pid)
    const micros = ((cpuMillis - before[role]!.cpuMillis) * 1000) / delivered
    console.log(`${name}, ${role}: ${micros.toFixed(2)} us of CPU a span, ${peakMib} MiB at most`)
  }
  const requests = sink.received.slice(from).filter(({ signal }) => signal === 'traces')
  const bytes = requests.reduce((sum, { rawBytes }) => sum + rawBytes, 0)
  const compressed = requests.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0)
  console.log(
    `${name}: ${delivered} spans, ${Math.round(bytes / delivered)} and ${Math.round(compressed / delivered)} bytes a span, in ${requests.length} requests`,
  )
}

const agent = await settings()
const agentProcess = await runCollector([path.join(CONFIGS, 'agent.yaml')], agent)
await measure('agent', { agent: agentProcess.pid }, agent.OTLP_HTTP_LISTEN)
await agentProcess.stop()

const sampler = await settings()
const samplerProcess = await runCollector([path.join(CONFIGS, 'sampler.yaml')], { ...sampler, DECISION_WAIT: '5s' })
const balancer = await settings()
const resolver = `yaml:exporters::loadbalancing::resolver: { dns: null, static: { hostnames: ["${sampler.OTLP_GRPC_LISTEN}"] } }`
const balancerProcess = await runCollector([path.join(CONFIGS, 'balancer.yaml'), resolver], balancer)
await measure('gateway', { balancer: balancerProcess.pid, sampler: samplerProcess.pid }, balancer.OTLP_HTTP_LISTEN)
await balancerProcess.stop()
await samplerProcess.stop('SIGKILL')
await sink.close()
