// A test suite that asks what was recorded: a real back end in the process of the tests, gone with it.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { configureOpentelemetry, forceFlush, shutdown } from 'uptrace-node'
import { startViewer } from 'uptrace-node/viewer'
import { placeOrder } from './orders.mjs'

let viewer
before(async () => {
  viewer = await startViewer()
  configureOpentelemetry({ dsn: viewer.dsn, serviceName: 'orders' })
})
beforeEach(() => viewer.clear())
after(async () => {
  await shutdown()
  await viewer.close()
})

test('an order reserves stock in its trace', async () => {
  await placeOrder({ id: 7, quantity: 1 })
  await forceFlush()
  const trace = await viewer.waitForTrace((found) => found.root.name === 'place order')
  assert.deepEqual(
    trace.spans.map(({ name }) => name),
    ['place order', 'reserve stock'],
  )
  assert.equal(trace.root.attributes['order.id'], 7)
  console.log(`${viewer.url}/traces/${trace.traceId}?span_id=${trace.root.spanId}`)
})

test('an order that fails says why', async () => {
  assert.equal(await placeOrder({ id: 8, quantity: 9 }), false)
  await forceFlush()
  const [span] = viewer.findSpans({ name: 'reserve stock' })
  assert.equal(span.events[0].attributes['exception.message'], 'out of stock')
})
