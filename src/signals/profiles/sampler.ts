/**
 * Samples the main thread with V8's profiler, in pieces. Profiles of the console overlap a little, so that V8's profiler never ends between two: to begin
 * again it walks the whole heap, which takes 250 ms for a heap of 30 MB. Changing over takes 0.5 ms.
 */
import { type Profiler, Session } from 'node:inspector'
import { performance } from '../../timers.ts'

export interface Sampled {
  readonly profile: Profiler.Profile
  /** `performance.now()` at the profile's `endTime`. */
  readonly endedAtMillis: number
}

export interface Sampler {
  /** What was sampled since the last call; undefined when V8 gave nothing. */
  take(): Sampled | undefined
  stop(): void
}

// the application may replace them
const { profile: begin, profileEnd: end } = console
let made = 0

/** @throws when this Node.js has no inspector */
export function startSampler(intervalUs: number): Sampler {
  const session = new Session()
  session.connect()
  const prefix = `uptrace-node:${++made}:`
  let number = 0
  let taken: Profiler.Profile | undefined
  session.on('Profiler.consoleProfileFinished', ({ params: { title, profile } }) => {
    if (title === prefix + number) taken = profile
  })
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: intervalUs })
  begin(prefix + number)
  return {
    take() {
      taken = undefined
      begin(prefix + (number + 1))
      const endedAtMillis = performance.now()
      end(prefix + number)
      number++
      return taken && { profile: taken, endedAtMillis }
    },
    stop: () => session.disconnect(),
  }
}
