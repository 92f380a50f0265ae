/** In a worker thread: gives metrics to the main thread before their interval is over, as the thread may be ended or parked by then. */
import { onFirstMeasurement } from '../../signals/metrics/measured.ts'
import { performance, queueMicrotask, setTimeout } from '../../timers.ts'

/** A collection is worth some hundred spans, so not each task ends with one. */
const PAUSE_MILLIS = 10_000

/** `collectAtOnce` has written all when it returns: the thread may be parked in the same turn. */
export function handOverMetrics(collectAtOnce: () => void): void {
  let notBefore = 0
  const collect = (): void => {
    notBefore = performance.now() + PAUSE_MILLIS
    collectAtOnce()
  }
  onFirstMeasurement(() => {
    const pause = notBefore - performance.now()
    // a microtask still runs before a thread of a pool is parked; a timer does not
    if (pause <= 0) queueMicrotask(collect)
    else setTimeout(collect, pause).unref()
  })
}
