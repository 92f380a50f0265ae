/** Says once when a destination begins to fail and once when it works again, whatever number of signals go there. */
import { log, logThrottled } from '../log.ts'
import { performance } from '../timers.ts'

export interface Reporter {
  /** An attempt failed and will be repeated. */
  failing(source: object, reason: string, isCertain: boolean): void
  delivering(source: object): void
  /** Items were refused for good. */
  refused(what: string, reason: string): void
  /** The server took a request in part, or has something to say. */
  partial(what: string, message: string | undefined): void
  dropped(count: number): void
  /** Delivery is ending: what still fails is told once, with counts, at the end. */
  hush(): void
}

export function createReporter(label: string): Reporter {
  const failingSources = new Set<object>()
  let attempts = 0
  let since = 0
  let isAnnounced = false
  let isHushed = false
  let droppedWhileFailing = 0
  return {
    failing(source, reason, isCertain) {
      if (failingSources.size === 0) since = performance.now()
      failingSources.add(source)
      attempts++
      if (isHushed || isAnnounced || (!isCertain && attempts < 2)) return
      isAnnounced = true
      log.warn(`telemetry can't be delivered to ${label}: ${reason}; it waits in memory and is tried again`)
    },
    delivering(source) {
      if (!failingSources.delete(source) || failingSources.size > 0) return
      attempts = 0
      if (isAnnounced) {
        const seconds = Math.max(1, Math.round((performance.now() - since) / 1000))
        const loss = droppedWhileFailing > 0 ? `${droppedWhileFailing} items were dropped` : 'nothing was dropped'
        log.warn(`telemetry is delivered to ${label} again after ${seconds} s; ${loss}`)
      }
      isAnnounced = false
      droppedWhileFailing = 0
    },
    refused(what, reason) {
      logThrottled('warn', `refused:${label}:${reason}`, `${label} refused ${what}: ${reason}`)
    },
    partial(what, message) {
      logThrottled(
        'warn',
        `partial:${label}:${message}`,
        `${label} ${what}${message === undefined ? '' : `: ${message}`}`,
      )
    },
    dropped(count) {
      droppedWhileFailing += count
    },
    hush() {
      isHushed = true
    },
  }
}
