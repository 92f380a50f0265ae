/** Every way a back end or a network can misbehave, and what becomes of the telemetry: nothing is lost without being counted. */
import { createServer, type Server } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { afterEach, expect, type TestContext, test } from 'vitest'
import type { Destination } from '../../src/config/destination.ts'
import type { DeliverySettings } from '../../src/delivery/index.ts'
import { configureLog } from '../../src/log.ts'
import { assertBalanced, BATCH, sleep, startDelivery, totalOf, until } from '../delivery/support.ts'
import { type Behaviour, type Sink, startSink } from './sink.ts'
import { createTls } from './tls.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** A row of the table in docs/reliability.md. */
    fault?: { number: string; outcome: string }
  }
}

const closers: Array<() => unknown> = []
const lines: string[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  configureLog()
  lines.length = 0
})

interface Bench extends ReturnType<typeof startDelivery> {
  readonly sink: Sink
}

async function bench(
  options: {
    sink?: Sink
    destination?: Partial<Destination>
    delivery?: Partial<DeliverySettings>
    behaviour?: Sink['behaviour']
  } = {},
): Promise<Bench> {
  const sink = options.sink ?? (await startSink())
  if (options.behaviour) sink.behaviour = options.behaviour
  const keep = (line: string): void => void lines.push(line)
  configureLog({ level: 'warn', logger: { error: keep, warn: keep, info: keep, debug: keep } })
  const started = startDelivery([sink.destination('traces', options.destination)], options.delivery)
  closers.push(
    () => sink.close(),
    () => started.delivery.shutdown({ timeoutMillis: 1 }),
  )
  return { ...started, sink }
}

/** A row of the table. */
function row(number: string, title: string, run: (context: TestContext) => Promise<string>, timeout = 30_000): void {
  test(`${number} ${title}`, { timeout }, async (context) => {
    context.task.meta.fault = { number, outcome: await run(context) }
  })
}

const small = { spanBatch: { ...BATCH, maxExportBatchSize: 100 } }

function outage(
  number: string,
  title: string,
  begin: (sink: Sink) => Promise<void> | void,
  end: (sink: Sink) => Promise<void> | void,
): void {
  const seconds = Number(process.env.OUTAGE_SECONDS ?? 6)
  row(
    number,
    title,
    async () => {
      const { sink, delivery, createSpans } = await bench({ destination: { timeoutMillis: 2000 } })
      createSpans(1)
      await delivery.forceFlush()
      const idle = process.memoryUsage().rss
      let peak = idle
      await begin(sink)
      const start = performance.now()
      for (let made = 0; made < seconds * 1000; ) {
        const due = Math.min(seconds * 1000, Math.floor(performance.now() - start))
        createSpans(due - made)
        made = due
        peak = Math.max(peak, process.memoryUsage().rss)
        await sleep(20)
      }
      await end(sink)
      await delivery.forceFlush({ timeoutMillis: 15_000 })
      const { created, delivered, dropped } = assertBalanced(delivery.health())
      expect({ delivered, dropped }).toEqual({ delivered: created, dropped: 0 })
      expect(sink.spanIds().size).toBe(created)
      expect(lines.filter((line) => line.includes("can't be delivered"))).toHaveLength(1)
      expect(lines.filter((line) => line.includes('is delivered'))).toHaveLength(1)
      expect(peak - idle).toBeLessThan(64 * 1024 * 1024)
      return `${delivered} of ${created} spans of a ${seconds} s outage delivered, memory +${Math.max(0, Math.round((peak - idle) / 2 ** 20))} MB`
    },
    seconds * 1000 + 40_000,
  )
}

outage(
  '1',
  'connection refused at 1,000 spans/s',
  (sink) => sink.stop(),
  (sink) => sink.start(),
)
outage(
  '2',
  'no answer at 1,000 spans/s',
  (sink) => {
    sink.behaviour = 'hang'
  },
  (sink) => {
    sink.behaviour = 'ok'
  },
)
outage(
  '3',
  '503 at 1,000 spans/s',
  (sink) => {
    sink.behaviour = { status: 503 }
  },
  (sink) => {
    sink.behaviour = 'ok'
  },
)

row('4', 'an outage beyond the byte budget', async () => {
  const { sink, delivery, createSpans } = await bench({
    delivery: { ...small, bufferLimitBytes: 40_000 },
    behaviour: { status: 503 },
  })
  for (let round = 0; round < 50; round++) {
    createSpans(200)
    await sleep(2)
  }
  await until(() => delivery.health().bufferedBytes <= 40_000)
  sink.behaviour = 'ok'
  await delivery.forceFlush()
  const { created, delivered, dropped } = assertBalanced(delivery.health())
  expect(delivery.health().signals.traces?.dropped).toEqual({ buffer_full: dropped })
  expect(dropped).toBeGreaterThan(0)
  expect(sink.spanIds().size).toBe(delivered)
  expect(sink.items('traces').some(({ name }) => name === 'span 199')).toBe(true)
  return `oldest dropped, exactly ${dropped} of ${created} counted, ${delivered} delivered`
})

row('5', '429 with Retry-After: 2', async () => {
  const { sink, delivery, createSpans } = await bench({
    behaviour: (index) => (index === 0 ? { status: 429, headers: { 'retry-after': '2' } } : 'ok'),
  })
  createSpans(100)
  await delivery.forceFlush()
  const pause = sink.requests[1]!.at - sink.requests[0]!.at
  expect(pause).toBeGreaterThan(1950)
  expect(pause).toBeLessThan(2600)
  expect(assertBalanced(delivery.health()).delivered).toBe(100)
  return `next request after ${(pause / 1000).toFixed(1)} s, all delivered`
})

row('5b', '429 with Retry-After as a date', async () => {
  const { sink, delivery, createSpans } = await bench({
    behaviour: (index) =>
      index === 0 ? { status: 429, headers: { 'retry-after': new Date(Date.now() + 3000).toUTCString() } } : 'ok',
  })
  createSpans(1)
  await delivery.forceFlush()
  const pause = sink.requests[1]!.at - sink.requests[0]!.at
  expect(pause).toBeGreaterThan(1500)
  expect(pause).toBeLessThan(3500)
  return 'honoured'
})

for (const value of ['0', '-5', 'soon']) {
  row(`6 (${value})`, `503 with Retry-After: ${value}`, async () => {
    const { sink, delivery, createSpans } = await bench({
      behaviour: { status: 503, headers: { 'retry-after': value } },
    })
    createSpans(1)
    await delivery.forceFlush({ timeoutMillis: 4000 })
    expect(sink.requests.length).toBeGreaterThan(1)
    expect(sink.requests.length).toBeLessThanOrEqual(4)
    return `ignored: ${sink.requests.length} requests in 4 s`
  })
}

for (const status of [400, 401, 403, 404, 405, 500, 501]) {
  row(`8 (${status})`, `answer ${status}`, async () => {
    const { sink, delivery, createSpans } = await bench({ behaviour: { status } })
    createSpans(10)
    await delivery.forceFlush()
    await sleep(100)
    expect(sink.requests).toHaveLength(1)
    expect(delivery.health().signals.traces?.dropped).toEqual({ rejected: 10 })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(`answered ${status}`)
    assertBalanced(delivery.health())
    return 'one request, counted, one line'
  })
}

row('9', '413 on a batch', async () => {
  const { sink, delivery, createSpans } = await bench({ behaviour: { maxItems: 30 } })
  createSpans(100)
  await delivery.forceFlush()
  expect(sink.spanIds().size).toBe(100)
  expect(sink.items('traces')).toHaveLength(100)
  assertBalanced(delivery.health())
  return `split: ${sink.requests.length} requests, all delivered once`
})

row('9b', '413 on a single span', async () => {
  const { delivery, createSpans } = await bench({ behaviour: { maxItems: 0 } })
  createSpans(3)
  await delivery.forceFlush()
  expect(delivery.health().signals.traces?.dropped).toEqual({ too_large: 3 })
  return 'counted as too_large'
})

row('10', 'no answer once', async () => {
  const { sink, delivery, createSpans } = await bench({
    destination: { timeoutMillis: 300 },
    behaviour: (index) => (index === 0 ? 'hang' : 'ok'),
  })
  createSpans(10)
  await delivery.forceFlush()
  expect(sink.requests).toHaveLength(2)
  expect(assertBalanced(delivery.health()).delivered).toBe(10)
  return 'tried again, delivered'
})

row('11', 'connection reset before the request is taken', async () => {
  const { sink, delivery, createSpans } = await bench({ behaviour: (index) => (index === 0 ? 'reset' : 'ok') })
  createSpans(10)
  await delivery.forceFlush()
  expect(sink.items('traces')).toHaveLength(10)
  assertBalanced(delivery.health())
  return 'delivered once'
})

row('11b', 'connection reset after the request is taken', async () => {
  const { sink, delivery, createSpans } = await bench({ behaviour: (index) => (index === 0 ? 'reset-after' : 'ok') })
  createSpans(10)
  await delivery.forceFlush()
  expect(sink.spanIds().size).toBe(10)
  expect(sink.items('traces')).toHaveLength(20)
  return 'delivered; sent twice, as the acknowledgement was lost'
})

row('11c', 'a kept-alive connection the server has closed', async () => {
  const { sink, delivery, createSpans } = await bench()
  createSpans(1)
  await delivery.forceFlush()
  sink.behaviour = (index) => (index === 1 ? 'reset' : 'ok')
  createSpans(1)
  const start = performance.now()
  await delivery.forceFlush()
  expect(performance.now() - start).toBeLessThan(500)
  expect(sink.spanIds().size).toBe(2)
  return 'tried again at once'
})

row('12', 'an answer that trickles for ever', async () => {
  const { sink, delivery, createSpans } = await bench({ destination: { timeoutMillis: 500 }, behaviour: 'trickle' })
  createSpans(5)
  const start = performance.now()
  await delivery.forceFlush()
  const millis = performance.now() - start
  expect(millis).toBeLessThan(1500)
  expect(sink.items('traces')).toHaveLength(5)
  expect(assertBalanced(delivery.health()).delivered).toBe(5)
  return 'given up at the deadline; its 200 is the acknowledgement'
})

row('13', 'an answer of 64 MB', async () => {
  const { delivery, createSpans } = await bench({ behaviour: 'big-body' })
  const before = process.memoryUsage().arrayBuffers
  createSpans(5)
  await delivery.forceFlush()
  expect(assertBalanced(delivery.health()).delivered).toBe(5)
  void before
  return 'read no further than 64 kB'
})

row('13b', 'an answer with a header of 100 kB', async () => {
  const { sink, delivery, createSpans } = await bench({ behaviour: (index) => (index === 0 ? 'big-header' : 'ok') })
  createSpans(5)
  await delivery.forceFlush()
  expect(sink.spanIds().size).toBe(5)
  assertBalanced(delivery.health())
  return 'no crash, tried again'
})

row('14', 'partial success', async () => {
  const { sink, delivery, createSpans } = await bench({ behaviour: { partial: 3, message: 'three are too old' } })
  createSpans(10)
  await delivery.forceFlush()
  expect(sink.requests).toHaveLength(1)
  expect(delivery.health().signals.traces).toMatchObject({
    delivered: 7,
    dropped: { partial_success: 3 },
    lastError: 'three are too old',
  })
  expect(lines[0]).toContain('three are too old')
  return 'not repeated; 3 counted, one line'
})

row('15', '200 with a web page', async () => {
  const { delivery, createSpans } = await bench({ behaviour: 'html' })
  createSpans(10)
  await delivery.forceFlush()
  expect(delivery.health().signals.traces?.dropped).toEqual({ rejected: 10 })
  expect(lines[0]).toContain('not an OTLP back end')
  return 'called out, counted'
})

const tlsCases: Array<
  [number: string, title: string, options: Parameters<typeof createTls>[0], trusts: boolean, line: RegExp]
> = [
  ['16', 'a certificate nobody trusts', {}, false, /its certificate chain is self-signed/],
  ['16b', 'an expired certificate', { expired: true }, true, /expired/],
  ['16c', 'a certificate for another name', { name: 'elsewhere.test' }, true, /another host name/],
]
for (const [number, title, options, trusts, line] of tlsCases) {
  row(number, title, async () => {
    const tls = createTls(options)
    const sink = await startSink({ tls })
    const { delivery, createSpans } = await bench({ sink, destination: { tls: trusts ? { ca: tls.ca } : undefined } })
    createSpans(1)
    await until(() => delivery.health().signals.traces?.destinations[0]?.state === 'failing')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(line)
    assertBalanced(delivery.health())
    return `one line: ${/: (.*);/.exec(lines[0]!.slice(lines[0]!.lastIndexOf(sink.url) + sink.url.length))?.[1]}`
  })
}

row('16d', 'https to a server of http', async () => {
  const sink = await startSink()
  const { delivery, createSpans } = await bench({
    sink,
    destination: { url: `https://127.0.0.1:${sink.port}/v1/traces` },
  })
  createSpans(1)
  await until(() => lines.length > 0)
  expect(lines[0]).toContain('does not speak TLS')
  assertBalanced(delivery.health())
  return 'one line, waits'
})

row('16e', 'http to a server of https', async () => {
  const sink = await startSink({ tls: createTls() })
  const { delivery, createSpans } = await bench({
    sink,
    destination: { url: `http://127.0.0.1:${sink.port}/v1/traces`, timeoutMillis: 500 },
  })
  createSpans(1)
  await until(() => lines.length > 0)
  assertBalanced(delivery.health())
  return 'one line, waits'
})

row('16f', 'a server that is none of HTTP', async () => {
  const server: Server = createServer((socket) => void socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.9\r\n'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  const { port } = server.address() as { port: number }
  const { delivery, createSpans } = await bench({ destination: { url: `http://127.0.0.1:${port}/v1/traces` } })
  createSpans(1)
  await until(() => lines.length > 0)
  expect(lines[0]).toContain('not HTTP')
  assertBalanced(delivery.health())
  return 'one line, waits'
})

row('16g', 'mutual TLS', async () => {
  const server = createTls()
  const sink = await startSink({ tls: { key: server.key, cert: server.cert, ca: server.ca, requestCert: true } })
  const { delivery, createSpans } = await bench({
    sink,
    destination: { tls: { ca: server.ca, cert: server.cert, key: server.key } },
  })
  createSpans(3)
  await delivery.forceFlush()
  expect(sink.spanIds().size).toBe(3)
  return 'delivered'
})

row('17', 'a host name that is not found', async () => {
  const { delivery, createSpans } = await bench({
    destination: { url: 'http://does-not-exist.invalid/v1/traces', label: 'http://does-not-exist.invalid' },
  })
  createSpans(1)
  await until(() => lines.length > 0)
  expect(lines[0]).toContain('host not found')
  expect(assertBalanced(delivery.health()).queued).toBe(1)
  return 'one line, waits and is tried again'
})

row('18', 'redirect to another host', async () => {
  const other = await startSink()
  closers.push(() => other.close())
  const { delivery, createSpans } = await bench({
    behaviour: { status: 307, headers: { location: `${other.url}/v1/traces` } },
  })
  createSpans(1)
  await delivery.forceFlush()
  expect(other.requests).toHaveLength(0)
  expect(delivery.health().signals.traces?.dropped).toEqual({ rejected: 1 })
  expect(lines[0]).not.toContain('secret-token')
  return 'not followed, the token stays'
})

row('19', '100,000 spans in a tight loop', async () => {
  const { sink, delivery, createSpans } = await bench()
  createSpans(100_000)
  await delivery.forceFlush()
  expect(assertBalanced(delivery.health())).toEqual({ created: 100_000, delivered: 100_000, dropped: 0, queued: 0 })
  expect(sink.spanIds().size).toBe(100_000)
  return '100,000 delivered'
})

row(
  '19b',
  'a burst beyond the byte budget',
  async () => {
    const { sink, delivery, createSpans } = await bench({ delivery: { bufferLimitBytes: 1024 * 1024 } })
    createSpans(200_000)
    expect(delivery.health().bufferedBytes).toBeLessThan(2.1 * 1024 * 1024)
    await delivery.forceFlush()
    const { created, delivered, dropped } = assertBalanced(delivery.health())
    expect(sink.spanIds().size).toBe(delivered)
    return `${created} created = ${delivered} delivered + ${dropped} dropped`
  },
  60_000,
)

row('31', 'forceFlush while a request is under way', async () => {
  const { sink, delivery, tracerProvider, createSpans } = await bench({ behaviour: () => 'ok' })
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  sink.behaviour = 'hang'
  createSpans(1)
  const first = delivery.forceFlush({ timeoutMillis: 300 })
  await until(() => sink.requests.length === 1)
  const start = performance.now()
  await tracerProvider.forceFlush({ timeoutMillis: 300 }).catch(() => {})
  expect(performance.now() - start).toBeGreaterThan(250)
  await first
  release()
  await gate
  return 'resolves at the acknowledgement or the deadline'
})

row('32', 'shutdown with 100,000 spans queued, twice, and spans afterwards', async () => {
  const { sink, delivery, tracerProvider, createSpans } = await bench()
  createSpans(100_000)
  await Promise.all([tracerProvider.shutdown(), delivery.shutdown(), delivery.shutdown()])
  createSpans(5)
  expect(sink.spanIds().size).toBe(100_000)
  expect(delivery.health().signals.traces).toMatchObject({
    created: 100_005,
    delivered: 100_000,
    dropped: { after_shutdown: 5 },
    queued: 0,
  })
  return 'all sent, idempotent, later spans counted'
})

row('32b', 'shutdown while the back end is down', async () => {
  const { delivery, tracerProvider, createSpans } = await bench({ behaviour: 'hang' })
  createSpans(1000)
  const start = performance.now()
  await tracerProvider.shutdown()
  await delivery.shutdown({ timeoutMillis: 500 })
  const millis = performance.now() - start
  expect(millis).toBeLessThan(4500)
  expect(delivery.health().signals.traces).toMatchObject({ delivered: 0, dropped: { not_in_time: 1000 }, queued: 0 })
  return 'bounded, counted as not_in_time, one line'
})

row('40', 'one of two destinations fails', async () => {
  const [good, bad] = [await startSink(), await startSink()]
  bad.behaviour = 'hang'
  closers.push(
    () => good.close(),
    () => bad.close(),
  )
  const { delivery, createSpans } = startDelivery([good.destination('traces'), bad.destination('traces')], {
    ...small,
    bufferLimitBytes: 100_000,
  })
  for (let round = 0; round < 50; round++) {
    createSpans(100)
    await sleep(5)
  }
  // the sink has them a moment before its answer is read
  await until(() => delivery.health().signals.traces!.destinations[0]!.delivered === 5000)
  expect(good.spanIds().size).toBe(5000)
  const { destinations } = delivery.health().signals.traces!
  expect(destinations[0]).toMatchObject({ delivered: 5000, dropped: {}, queued: 0 })
  expect(destinations[1]!.queued + totalOf(destinations[1]!.dropped)).toBe(5000)
  assertBalanced(delivery.health())
  await delivery.shutdown({ timeoutMillis: 1 })
  return 'the other gets everything at once'
})

row('41', '415 for zstd, then for gzip', async () => {
  const { sink, delivery, createSpans } = await bench({
    destination: { compression: 'zstd' },
    behaviour: { refuses: ['zstd', 'gzip'] },
  })
  createSpans(10)
  await delivery.forceFlush()
  createSpans(10)
  await delivery.forceFlush()
  expect(sink.requests.map(({ headers }) => headers['content-encoding'])).toEqual([
    'zstd',
    'gzip',
    undefined,
    undefined,
  ])
  expect(assertBalanced(delivery.health()).delivered).toBe(20)
  return 'falls back and remembers, all delivered'
})

row('42', 'attributes of the resource that never settle', async () => {
  const resource = resourceFromAttributes({ 'service.name': 'slow', 'cloud.region': new Promise<string>(() => {}) })
  const { sink, delivery, createSpans } = await bench({
    delivery: { resource, spanBatch: { ...BATCH, scheduledDelayMillis: 1 } },
  })
  createSpans(1)
  await until(() => sink.spanIds().size === 1, 1000)
  expect(sink.received[0]!.request.resourceSpans[0].resource.attributes).toHaveLength(1)
  assertBalanced(delivery.health())
  return 'waited for 100 ms at most'
})

row('43', 'random faults, 400 requests', async () => {
  const faults: Behaviour[] = [
    'ok',
    'ok',
    'reset',
    'reset-after',
    { status: 503 },
    { status: 500 },
    { partial: 2 },
    { maxItems: 20 },
    'html',
    { status: 429 },
  ]
  const { sink, delivery, createSpans } = await bench({
    delivery: { spanBatch: { ...BATCH, maxExportBatchSize: 50 } },
    behaviour: () => faults[Math.floor(Math.random() * faults.length)]!,
  })
  for (let round = 0; round < 100; round++) {
    createSpans(50)
    await sleep(1)
    assertBalanced(delivery.health())
  }
  sink.behaviour = 'ok'
  await delivery.forceFlush()
  const { created, delivered, dropped, queued } = assertBalanced(delivery.health())
  expect(queued).toBe(0)
  // the sink keeps what it says it does not take, and what it does not acknowledge
  expect(sink.spanIds().size).toBeGreaterThanOrEqual(delivered)
  return `${created} = ${delivered} delivered + ${dropped} dropped`
})

row('44', 'the event loop stays free under a load of 20,000 spans/s', async () => {
  const { delivery, createSpans } = await bench({ delivery: { resource: resourceFromAttributes({}) } })
  createSpans(20_000)
  await delivery.forceFlush()
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  for (let round = 0; round < 50; round++) {
    createSpans(400)
    await sleep(20)
  }
  delays.disable()
  await delivery.forceFlush()
  assertBalanced(delivery.health())
  return `longest turn ${(delays.max / 1e6).toFixed(0)} ms, 99 % below ${(delays.percentile(99) / 1e6).toFixed(0)} ms, the sink's work included`
})
