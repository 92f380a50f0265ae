/** What single calls of the API cost under an arm, in nanoseconds of CPU of the whole process, with what the arm sends because of them. */
const { context, metrics, ROOT_CONTEXT, trace } = require('@opentelemetry/api')

const CALLS = 20_000
const TURNS = 24
/** After each of these the loop turns, so that batches leave. */
const BURST = 500

const tracer = trace.getTracer('bench', '1.0.0')
const meter = metrics.getMeter('bench', '1.0.0')
const counter = meter.createCounter('calls')
const histogram = meter.createHistogram('lengths')
const gauge = meter.createGauge('level')
const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', isRemote: true }
const unsampled = trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags: 0 })
const ids = Array.from({ length: 100 }, (_, index) => `user-${index}`)

const attributesOf = (index) => ({
  'user.id': ids[index % 100],
  'user.plan': 'free',
  'cart.items': index % 7,
  'cart.total': 12.5,
  'cart.is_gift': false,
  'http.route': '/users/:id',
  'http.request.method': 'GET',
  'server.address': '127.0.0.1',
  'server.port': 3000,
  'network.protocol.version': '1.1',
})

const OPERATIONS = {
  'a span with 10 attributes': (index) => tracer.startSpan('checkout', { attributes: attributesOf(index) }).end(),
  startActiveSpan: (index) => tracer.startActiveSpan('work', (span) => span.setAttribute('index', index).end()),
  'a span that is not sampled': (index) =>
    tracer.startSpan('checkout', { attributes: attributesOf(index) }, unsampled).end(),
  'counter.add': (index) => counter.add(1, { route: '/users/:id', status: index % 2 === 0 ? 200 : 404 }),
  'histogram.record': (index) => histogram.record(index % 100, { route: '/users/:id', status: 200 }),
  'gauge.record': (index) => gauge.record(index, { route: '/users/:id' }),
  'context.with': () => context.with(unsampled, () => trace.getActiveSpan()),
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

async function measure(run) {
  const nanos = []
  for (let at = -6; at < TURNS; at++) {
    const before = process.cpuUsage()
    for (let index = 0; index < CALLS; index++) {
      run(index)
      if (index % BURST === BURST - 1) await turn()
    }
    const { user, system } = process.cpuUsage(before)
    if (at >= 0) nanos.push(((user + system) * 1_000) / CALLS)
    // whoever collects many spans before sending them gets the time to do so
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return nanos
}

async function main() {
  const measured = {}
  for (const [name, run] of Object.entries(OPERATIONS)) measured[name] = await measure(run)
  process.send(measured, () => process.exit())
}

main()
