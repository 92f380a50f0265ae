/** Labels that Prometheus fetches: secrets are masked, and series that differ in one only stay apart, in time that grows with their number. */
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { expect, test } from 'vitest'
import { maskLabels } from '../../../src/signals/metrics/masked-labels.ts'

const mask = (key: string, value: unknown): unknown => (key === 'api_key' ? 'REDACTED' : value)

function labelsOf(all: object[]): unknown[] {
  const dataPoints = all.map((attributes) => ({ attributes, value: 1, startTime: [0, 0], endTime: [1, 0] }))
  const given = {
    resource: resourceFromAttributes({}),
    scopeMetrics: [{ scope: { name: 's' }, metrics: [{ dataPoints }] }],
  } as unknown as ResourceMetrics
  return maskLabels(given, mask).scopeMetrics[0]!.metrics[0]!.dataPoints.map(({ attributes }) => attributes)
}

test('three that differ in a secret', () => {
  const given = ['a', 'b', 'c'].map((api_key) => ({ api_key, route: '/' }))
  expect(labelsOf(given)).toEqual([
    { api_key: 'REDACTED', route: '/' },
    { api_key: 'REDACTED-2', route: '/' },
    { api_key: 'REDACTED-3', route: '/' },
  ])
})

test('a label that looks like what another one became', () => {
  const found = labelsOf([
    { route: 'x', api_key: 'a' },
    { api_key: 'b', route: 'x' },
    { api_key: 'c', route: 'y' },
  ])
  expect(new Set(found.map((labels) => JSON.stringify(labels))).size).toBe(3)
})

test('thousands take no time to speak of', () => {
  const started = performance.now()
  const found = labelsOf(Array.from({ length: 5_000 }, (_, index) => ({ api_key: String(index) })))
  expect(new Set(found.map((labels) => JSON.stringify(labels))).size).toBe(5_000)
  expect(performance.now() - started).toBeLessThan(2_000)
})
