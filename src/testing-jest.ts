/** The door `uptrace-node/testing/jest`: adds the matchers to the global `expect` of jest, and their types. */
import { extendGlobalExpect } from './viewer/testing/extend-expect.ts'
import type { TelemetryMatchers } from './viewer/testing/matchers.ts'

extendGlobalExpect()

declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: the parameters must be those of the interface that is merged
    interface Matchers<R, T = {}> extends TelemetryMatchers<T> {}
  }
}
