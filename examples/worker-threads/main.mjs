// A trace that goes into a worker thread and comes back: the carrier travels with the message, as headers do with a request.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { context, propagation } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'main-thread' })

const worker = new Worker(new URL('worker.mjs', import.meta.url))

await withSpan('resize images', async (span) => {
  console.log(traceUrl(span))
  const carrier = {}
  propagation.inject(context.active(), carrier)
  worker.postMessage({ name: 'cat.jpg', carrier })
  const [answer] = await once(worker, 'message')
  // what is done with the answer belongs to the span in which the worker gave it
  const remote = propagation.extract(context.active(), answer.carrier)
  context.with(remote, () => withSpan('save', () => console.log(`${answer.name} has ${answer.bytes} bytes`)))
})

worker.postMessage('end')
await once(worker, 'exit')
await shutdown()
