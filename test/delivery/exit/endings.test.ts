/** Every way a process can end, once each on this Node, with traces, logs and metrics. `npm run test:exits` does it many times on every Node line. */
import { expect, test } from 'vitest'
import { ENDINGS, runEnding } from '../../faults/endings.ts'
import { checkDelivery, checkOutage } from '../../faults/exit-matrix.ts'

test.for(Object.keys(ENDINGS))('%s: everything arrives, and the end is that without telemetry', async (name) => {
  const ending = ENDINGS[name]!
  const bare = await runEnding(ending, undefined)
  expect(await checkDelivery(ending, process.execPath, bare)).toBeUndefined()
})

test.for(['natural end', 'process.exit(3)', 'uncaught error', 'SIGTERM', 'SIGHUP', 'worker that ends'])(
  '%s: the end comes in time when the back end hangs or is down',
  async (name) => {
    const ending = ENDINGS[name]!
    expect(await checkOutage(ending, process.execPath, 'refused')).toBeUndefined()
    expect(await checkOutage(ending, process.execPath, 'hang')).toBeUndefined()
  },
)
