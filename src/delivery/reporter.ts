/** Says once when a destination begins to fail and once when it works again, whatever number of signals go there, and what is dropped. */

import { kindOf, log, logThrottled } from '../log.ts'
import { clearTimeout, performance, setTimeout } from '../timers.ts'
import type { RunUntraced } from './run-untraced.ts'
import type { DropReason } from './types.ts'

export interface Reporter {
  /** An attempt failed and will be repeated. */
  failing(source: object, reason: string, isCertain: boolean): void
  delivering(source: object): void
  /** Items were refused for good. */
  refused(what: string, reason: string): void
  /** The server took a request in part, or has something to say. */
  partial(what: string, message: string | undefined): void
  /** Items are lost. `noun` says what they are. */
  dropped(source: object, count: number, noun: string, reason: DropReason): void
  /** Says now what was dropped since the last such line. */
  tellDrops(): void
  /** Delivery is ending: what still fails is told once, with counts, at the end. */
  hush(): void
}

/** Reasons that nobody else says a line about. */
const SAID: Partial<Record<DropReason, string>> = {
  buffer_full: 'the buffer was full (delivery.bufferLimitBytes makes it larger, a sampler makes less of them)',
  unreadable: 'they could not be encoded, or their files in the spool could not be read',
}
const MAX_KINDS = 16
const GATHER_MILLIS = 500
const REPEAT_AFTER_MILLIS = 60_000

/** @param startMillis how long after now a refusal is no fault, since the destination may be starting */
export function createReporter(label: string, runUntraced: RunUntraced, startMillis = 0): Reporter {
  const patientUntil = performance.now() + startMillis
  const failingSources = new Set<object>()
  let attempts = 0
  let since = 0
  let isAnnounced = false
  let isHushed = false
  let droppedWhileFailing = 0
  const drops = createDropLines(label, runUntraced)
  const kinds = new Set<string>()
  /** A server may have a new text for each request: beyond a few kinds they count as one. */
  const say = (kind: string, line: string): void => {
    if (kinds.size < MAX_KINDS) kinds.add(kind)
    logThrottled('warn', `${label}:${kinds.has(kind) ? kind : 'other'}`, line)
  }
  return {
    failing(source, reason, isCertain) {
      if (failingSources.size === 0) {
        since = performance.now()
        droppedWhileFailing = 0
      }
      failingSources.add(source)
      attempts++
      if (isHushed || isAnnounced || (!isCertain && attempts < 2) || performance.now() < patientUntil) return
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
    },
    refused(what, reason) {
      say(`refused:${kindOf(reason)}`, `${label} refused ${what}: ${reason}`)
    },
    partial(what, message) {
      const text = message === undefined ? '' : `: ${message}`
      say(`partial:${kindOf(what)}:${kindOf(text)}`, `${label} ${what}${text}`)
    },
    dropped(source, count, noun, reason) {
      if (failingSources.has(source)) droppedWhileFailing += count
      drops.add(count, noun, reason)
    },
    tellDrops: drops.tell,
    hush() {
      isHushed = true
    },
  }
}

interface DropLines {
  add(count: number, noun: string, reason: DropReason): void
  tell(): void
}

/** At most a line a minute of a reason, with all that was dropped since the last. */
function createDropLines(label: string, runUntraced: RunUntraced): DropLines {
  const untold = new Map<DropReason, Map<string, number>>()
  let lastTold = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  return { add, tell }

  function add(count: number, noun: string, reason: DropReason): void {
    if (SAID[reason] === undefined) return
    const counts = untold.get(reason) ?? new Map<string, number>()
    untold.set(reason, counts.set(noun, (counts.get(noun) ?? 0) + count))
    // a burst is one line, not one for its first request
    const pause = Math.max(GATHER_MILLIS, lastTold + REPEAT_AFTER_MILLIS - performance.now())
    timer ??= runUntraced(() => setTimeout(tell, pause).unref())
  }

  function tell(): void {
    clearTimeout(timer)
    timer = undefined
    if (untold.size === 0) return
    lastTold = performance.now()
    for (const [reason, counts] of untold) {
      const items = [...counts].map(([noun, count]) => `${count} ${noun}`).join(', ')
      log.warn(`${items} for ${label} were dropped: ${SAID[reason]}`)
    }
    untold.clear()
  }
}
