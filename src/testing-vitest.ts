/** The door `uptrace-node/testing/vitest`: adds the matchers to the `expect` of vitest, and their types. */
import { expect } from 'vitest'
import { matchers, type TelemetryMatchers } from './testing.ts'

expect.extend(matchers)

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the parameters must be those of the interface that is merged
  interface Matchers<T = any> extends TelemetryMatchers<T> {}
}
