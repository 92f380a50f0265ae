/** A query that cannot be read is refused, with what to do and where. */
import { expect } from 'vitest'
import type { ROUTES } from '../../../src/viewer/api.ts'
import type { Harness } from '../harness.ts'

type Route = (typeof ROUTES)['traces' | 'logs']

/** @param at what stands at the position that is told */
export async function expectRefused(
  viewer: Harness,
  route: Route,
  [query, message, at]: readonly [query: string, message: RegExp, at: string],
): Promise<void> {
  const response = await viewer.fetch(`${route}?q=${encodeURIComponent(query)}`)
  const { error } = (await response.json()) as { error: { code: string; message: string; position: number } }
  expect([response.status, error?.code]).toEqual([400, 'bad_query'])
  expect(error.message).toMatch(message)
  expect(query.slice(error.position).startsWith(at)).toBe(true)
}
