/** An error that was reported while no span was active: its trace has the name of the error. */
import { expect, test } from 'vitest'
import { ROUTES, type TraceList } from '../../../src/viewer/api.ts'
import { startHarness } from '../harness.ts'
import { id, traceIdOf, tracesRequest } from '../sample.ts'

test.for<[title: string, exception: { type: string; message: string } | undefined, name: string]>([
  ['with an exception', { type: 'RangeError', message: 'out of it' }, 'RangeError'],
  ['without one', undefined, '__dummy__'],
])('%s', async ([, exception, name]) => {
  await using viewer = await startHarness()
  const span = { traceId: traceIdOf(1), spanId: id(1), name: '__dummy__', at: 0, millis: 0 }
  await viewer.send('/v1/traces', tracesRequest('shop', [{ ...span, ...(exception && { exception }) }]))
  const { traces } = await viewer.get<TraceList>(ROUTES.traces)
  expect(traces.map((trace) => trace.name)).toEqual([name])
})
