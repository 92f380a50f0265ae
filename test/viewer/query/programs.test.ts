import { describe, expect, test } from 'vitest'
import { RUN_ATTRIBUTE, type RunList } from '../../../src/viewer/api.ts'
import { type Harness, startHarness } from '../harness.ts'
import { type Attributes, id, nanos, resource, traceIdOf } from '../sample.ts'

let number = 0

/** A process that was seen from one instant to another, in milliseconds. */
async function seen(
  viewer: Harness,
  instance: string,
  from: number,
  to: number,
  more: Attributes = {},
  service = 'app',
) {
  const span = (at: number) => ({
    traceId: traceIdOf(++number),
    spanId: id(number),
    name: 'work',
    startTimeUnixNano: nanos(at),
    endTimeUnixNano: nanos(at),
  })
  const scopeSpans = [{ spans: [span(from), span(to)] }]
  await viewer.send('/v1/traces', { resourceSpans: [{ resource: resource(service, instance, more), scopeSpans }] })
}

const listed = async (viewer: Harness) =>
  (await viewer.get<RunList>('/api/v1/runs')).programs.map(({ id: name, runs }) => [name, ...runs])

describe('a start of a program', () => {
  test('is the processes that run side by side, and the next start is another', async () => {
    await using viewer = await startHarness()
    await seen(viewer, 'worker-1', 0, 100)
    await seen(viewer, 'worker-2', 20, 90)
    await seen(viewer, 'again-1', 200, 300)
    await seen(viewer, 'other', 10, 20, { 'process.command': 'other.js' })
    expect(await listed(viewer)).toEqual([
      ['again-1', 'again-1'],
      ['other', 'other'],
      ['worker-1', 'worker-1', 'worker-2'],
    ])
  })

  test('is what dev started, several services included; a restart of a watcher is another', async () => {
    await using viewer = await startHarness()
    const dev = { [RUN_ATTRIBUTE]: 'd1' }
    await seen(viewer, 'web', 0, 100, dev, 'web')
    await seen(viewer, 'api', 10, 100, dev, 'api')
    await seen(viewer, 'web-2', 150, 200, dev, 'web')
    expect(await listed(viewer)).toEqual([
      ['d1.2', 'web-2'],
      ['d1', 'web', 'api'],
    ])
    const whole = await viewer.get<{ b: { runs: string[] } }>('/api/v1/runs/compare?b=d1')
    expect(whole.b.runs.sort()).toEqual(['api', 'web', 'web-2'])
  })
})
