/** The profiler where it is in trouble: samples arrive or are counted, once, and the program goes on. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const APP = path.join(import.meta.dirname, 'profiler-app.ts')

interface Printed {
  readonly reports: number
  /** Samples that reports told as lost. */
  readonly told: number
  /** Samples of reports that the viewer refused. */
  readonly refused: number
  readonly endsMillisAgo: number
}

async function play(situation: string): Promise<Printed> {
  return JSON.parse((await promisify(execFile)(process.execPath, [APP, situation])).stdout)
}

test('a program whose every turn of the event loop is long sends while it runs', { timeout: 30_000 }, async () => {
  expect((await play('saturated')).reports).toBeGreaterThan(0)
})

test('a mock of requests is not asked', async () => {
  const { reports, told } = await play('mocked')
  expect(reports).toBe(2)
  expect(told).toBe(0)
})

test('a request that cannot be made does not end the program, and its samples count as lost', async () => {
  const { reports, told } = await play('thrown')
  expect(reports).toBe(1)
  expect(told).toBeGreaterThan(0)
})

test('what two reports in flight lose is told once', async () => {
  const { reports, told, refused } = await play('refused')
  expect(reports).toBe(3)
  expect(refused).toBeGreaterThan(0)
  expect(told).toBe(refused)
})

test('what was sampled before the resource is known counts as lost, and times are those of the wall', async () => {
  const { told, endsMillisAgo } = await play('pending')
  expect(told).toBeGreaterThan(0)
  expect(endsMillisAgo).toBeGreaterThan(-50)
  expect(endsMillisAgo).toBeLessThan(2000)
})
