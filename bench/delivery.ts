/** What a span costs from creation to the socket, and how long the loop is blocked: our delivery against the stock batch processor and exporter. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Attributes } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createDelivery } from '../src/delivery/index.ts'
import { createOwnTracerProvider } from '../src/signals/traces/tracer-provider.ts'

const SPANS = 300_000
const ROUNDS = Number(process.env.ROUNDS ?? 5)
/** Arm -> compression. Both sides of a pair do the same work: create, encode, compress, send. */
const ARMS = ['stock gzip', 'ours gzip', 'stock none', 'ours none'] as const
type Arm = (typeof ARMS)[number]

interface Figures {
  readonly microsPerSpan: number
  readonly bytesPerSpan: number
  readonly longestBlockMillis: number
  readonly received: number
}

const role = process.argv[2]
if (role === 'sink') runSink()
else if (role !== undefined) process.send!(await measure(role as Arm))
else await compare()

async function compare(): Promise<void> {
  const results = new Map<Arm, Figures[]>(ARMS.map((arm) => [arm, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const arm of ARMS) {
      const [figures] = (await once(fork(import.meta.filename, [arm]), 'message')) as [Figures]
      results.get(arm)!.push(figures)
    }
  }
  const median = (arm: Arm, of: keyof Figures): number =>
    results
      .get(arm)!
      .map((figures) => figures[of])
      .sort((a, b) => a - b)[ROUNDS >> 1]!
  console.log(`${SPANS} spans of 8 attributes, ${ROUNDS} interleaved rounds, medians, Node ${process.versions.node}\n`)
  console.log('| arm | µs CPU a span | bytes a span | longest loop block, ms |\n|---|---|---|---|')
  for (const arm of ARMS)
    console.log(
      `| ${arm} | ${median(arm, 'microsPerSpan').toFixed(2)} | ${median(arm, 'bytesPerSpan').toFixed(1)} | ${median(arm, 'longestBlockMillis').toFixed(1)} |`,
    )
  for (const kind of ['gzip', 'none'] as const) {
    console.log(
      `\nours / stock, ${kind}: ${(median(`ours ${kind}`, 'microsPerSpan') / median(`stock ${kind}`, 'microsPerSpan')).toFixed(2)}`,
    )
  }
}

async function measure(arm: Arm): Promise<Figures> {
  const sink = fork(import.meta.filename, ['sink'])
  const [port] = (await once(sink, 'message')) as [number]
  const url = `http://127.0.0.1:${port}/v1/traces`
  const isCompressed = arm.endsWith('gzip')
  const resource = resourceFromAttributes({ 'service.name': 'bench' })
  const batch = {
    maxQueueSize: 16_384,
    maxExportBatchSize: 1_000,
    scheduledDelayMillis: 1_000,
    exportTimeoutMillis: 30_000,
  }
  const delivery = arm.startsWith('ours')
    ? createDelivery({
        destinations: [
          {
            signal: 'traces',
            url,
            label: url,
            headers: {},
            protocol: 'http/protobuf',
            compression: isCompressed ? 'gzip' : 'none',
            timeoutMillis: 10_000,
            tls: undefined,
          },
        ],
        spanBatch: batch,
        logBatch: batch,
        bufferLimitBytes: 16 << 20,
        exitFlush: false,
        exitTimeoutMillis: 2_000,
        captureUncaught: false,
        spoolDirectory: undefined,
        spoolLimitBytes: 0,
        spoolMaxAgeMillis: 0,
        temporalityPreference: 'delta',
        histogramAggregation: 'explicit_bucket_histogram',
        resource,
      })
    : undefined
  const exporter = (): OTLPTraceExporter =>
    new OTLPTraceExporter({ url, compression: isCompressed ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE })
  // a queue without practical limit: stock would otherwise win by dropping
  const processor =
    delivery?.spanProcessor ??
    new BatchSpanProcessor({ exporter: exporter(), maxQueueSize: 1_000_000, maxExportBatchSize: 1_000 })
  const spanProcessors = [processor]
  const provider = delivery
    ? createOwnTracerProvider({ resource, sampler: new AlwaysOnSampler(), trustsSampler: true, spanProcessors })
    : new TracerProvider({ resource, spanProcessors })
  const tracer = provider.getTracer('bench', '1.0.0')
  const attributes = (index: number): Attributes => ({
    'http.request.method': 'GET',
    'url.path': `/users/${index}`,
    'http.route': '/users/:id',
    'http.response.status_code': 200,
    'server.address': 'localhost',
    'server.port': 3000,
    'user_agent.original': 'curl/8.0.1',
    'network.protocol.version': '1.1',
  })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const before = process.cpuUsage()
  for (let index = 0; index < SPANS; index++) {
    tracer.startSpan('GET /users/:id', { kind: 1, attributes: attributes(index) }).end()
    if (index % 250 === 249) await new Promise((resolve) => setImmediate(resolve))
    if (index % 5_000 === 4_999) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await (delivery ?? provider).forceFlush()
  const { user, system } = process.cpuUsage(before)
  delay.disable()
  sink.send('end')
  const [{ bytes, requests }] = (await once(sink, 'message')) as [{ bytes: number; requests: number }]
  await provider.shutdown()
  await delivery?.shutdown()
  return {
    microsPerSpan: (user + system) / SPANS,
    bytesPerSpan: bytes / SPANS,
    longestBlockMillis: delay.max / 1e6,
    received: requests,
  }
}

function runSink(): void {
  let bytes = 0
  let requests = 0
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    request.on('end', () => {
      requests++
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
  process.on('message', () => process.send!({ bytes, requests }, () => process.exit()))
}
