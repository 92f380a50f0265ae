// The worker: telemetry of its own, spans below the one that sent the message.

import { parentPort } from 'node:worker_threads'
import { context, propagation } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'worker-thread' })

parentPort.on('message', async (message) => {
  if (message === 'end') {
    await shutdown()
    return parentPort.close()
  }
  const sender = propagation.extract(context.active(), message.carrier)
  await context.with(sender, () =>
    withSpan('resize', async () => {
      await withSpan('encode', () => new Promise((resolve) => setTimeout(resolve, 5)))
      const carrier = {}
      propagation.inject(context.active(), carrier)
      parentPort.postMessage({ name: message.name, bytes: 4096, carrier })
    }),
  )
})
