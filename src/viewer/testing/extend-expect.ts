/** Adds the matchers to the global `expect` of a test runner. */
import { matchers } from './matchers.ts'

/** @throws {Error} where there is none */
export function extendGlobalExpect(): void {
  const { expect } = globalThis as { expect?: { extend(added: typeof matchers): void } }
  if (!expect)
    throw new Error(
      'uptrace-node/testing/jest: there is no global expect; name it in setupFilesAfterEnv of the jest config',
    )
  expect.extend(matchers)
}
