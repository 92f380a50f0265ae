import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { RUN_ATTRIBUTE } from '../../../src/viewer/api.ts'
import { createClient } from '../../../src/viewer/process/client.ts'
import { followTraces } from '../../../src/viewer/process/follow-traces.ts'
import { startHarness } from '../harness.ts'
import { id, nanos, resource, traceIdOf } from '../sample.ts'

describe('what dev prints after the program has ended', () => {
  test.for([
    ['nothing came any more', [], 200, 1800],
    ['data comes in pieces, each well within 300 ms of the one before', [20, 60, 100, 140], 300, 1900],
    ['data comes without end', Array.from({ length: 30 }, (_, index) => index * 100), 1900, 2900],
  ] as const)('%s', async ([, delays, atLeast, atMost]) => {
    await using harness = await startHarness()
    const runId = 'run1'
    const told: string[] = []
    const follower = followTraces(createClient(harness.server), { q: `${RUN_ATTRIBUTE}=${runId}` }, (traces) => {
      told.push(...traces.map(({ traceId }) => traceId))
    })
    const sent = delays.map(async (delay, number) => {
      await sleep(delay)
      await harness.send('/v1/traces', requestWith(runId, number)).catch(() => {})
    })
    const started = performance.now()
    await follower.finish()
    const took = performance.now() - started
    expect(took).toBeGreaterThan(atLeast)
    expect(took).toBeLessThan(atMost)
    if (atMost < 2000) expect(new Set(told).size).toBe(delays.length)
    else expect(told.length).toBeGreaterThan(10)
    await Promise.all(sent)
  })

  test('a viewer that is gone holds nothing up', async () => {
    const harness = await startHarness()
    const client = createClient(harness.server)
    await harness[Symbol.asyncDispose]()
    const follower = followTraces(client, {}, () => {})
    const started = performance.now()
    await follower.finish()
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

function requestWith(runId: string, number: number) {
  const span = {
    traceId: traceIdOf(number + 1),
    spanId: id(number + 1),
    name: `job ${number}`,
    startTimeUnixNano: nanos(119_000),
    endTimeUnixNano: nanos(119_010),
  }
  const resourceOfRun = resource('app', 'app-1', { [RUN_ATTRIBUTE]: runId })
  return { resourceSpans: [{ resource: resourceOfRun, scopeSpans: [{ spans: [span] }] }] }
}
