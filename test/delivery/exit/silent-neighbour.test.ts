/** A back end that takes requests and never answers must not keep those of another one from starting. */

import { once } from 'node:events'
import { createServer } from 'node:net'
import path from 'node:path'
import { expect, test } from 'vitest'
import { startSink } from '../../faults/sink.ts'
import { runSource } from '../../support/run-node.ts'

const SUPPORT = JSON.stringify(path.join(import.meta.dirname, '../support.ts'))

test('at process.exit() all arrives at the one that answers', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const sink = await startSink()
  try {
    const dead = {
      ...sink.destination('traces'),
      url: `http://127.0.0.1:${(silent.address() as { port: number }).port}/v1/traces`,
    }
    const source = `import { startDelivery } from ${SUPPORT}
const { createSpans } = startDelivery(${JSON.stringify([dead, sink.destination('traces')])}, { exitFlush: true, exitTimeoutMillis: 1_500 })
createSpans(12_000)
process.exit(0)`
    await runSource('mjs', source)
    expect(sink.items('traces')).toHaveLength(12_000)
  } finally {
    silent.close()
    await sink.stop()
  }
})
