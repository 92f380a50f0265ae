/**
 * Samples what the main thread runs, and tells the local viewer: which functions, for which span, and what held up the event loop. A span processor, as
 * it lives as long as the traces. It keeps no process alive and ignores every error; what cannot be delivered is counted in the next report.
 */
import inspector from 'node:inspector'
import type { Resource } from '@opentelemetry/resources'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { messageOf } from '../../errors.ts'
import { log, orElse } from '../../log.ts'
import { unlistenToProcess } from '../../process-events.ts'
import { clearInterval, dateNow, performance, setInterval } from '../../timers.ts'
import type { ProfileReport } from '../../viewer/api.ts'
import { createUntracedRunner, identityOf, postToViewer, type ViewerAddress } from '../viewer-reports.ts'
import { type ContextLog, startContextLog } from './context-log.ts'
import { CATCH_UP_US, findBlocks, LEAST_BLOCK_US } from './find-blocks.ts'
import { foldProfile } from './fold-profile.ts'
import { createPlaces } from './places.ts'
import { type Sampler, startSampler } from './sampler.ts'
import { sendAtExit } from './send-at-exit.ts'

export interface ProfilerOptions extends ViewerAddress {
  readonly resource: Resource
}

const PATH = '/api/v1/profile'
const SAMPLE_US = 1000
/** How long a piece is; each begins and ends with a turn of the event loop. */
const PIECE_MILLIS = 1000
/** How long the end of a piece waits for a better moment: a loop may always be held up. */
const MOST_WAIT_MILLIS = 2000
const PULSE_MILLIS = 10
const ANSWER_MILLIS = 1000

/** By `performance.now()`, which on macOS is another clock than that of V8: it goes on while the machine sleeps. */
interface Late {
  readonly fromMillis: number
  readonly toMillis: number
}

export function createProfiler({ resource, ...viewer }: ProfilerOptions): SpanProcessor {
  if (!process.features.inspector || inspector.url() !== undefined) {
    const why = process.features.inspector ? 'a debugger may be attached' : 'this Node.js has no inspector'
    log.warn(`nothing is profiled: ${why}`)
    return IDLE
  }
  const runUntraced = createUntracedRunner()
  const places = createPlaces()
  let sampler: Sampler | undefined = startSampler(SAMPLE_US)
  let contexts: ContextLog | undefined
  let stretches: Late[] = []
  let takenAt = performance.now()
  /** When the piece should have ended. */
  let dueAt: number | undefined
  let reachedUs = 0
  let lastPulse: number | undefined
  let lost = 0
  const timer = runUntraced(() => setInterval(beat, PULSE_MILLIS)).unref()
  process.once('exit', atExit)

  return {
    onStart() {
      // the context manager is there by now
      if (!contexts && sampler) contexts = orElse('the log of active spans', startContextLog, undefined)
    },
    onEnd() {},
    forceFlush: () => runUntraced(send),
    shutdown: () => runUntraced(send).finally(stop),
  }

  function stop(): void {
    clearInterval(timer)
    unlistenToProcess('exit', atExit)
    contexts?.stop()
    sampler?.stop()
    sampler = undefined
  }

  function beat(): void {
    try {
      look()
    } catch (error) {
      log.debug(`profiling has ended: ${messageOf(error)}`)
      stop()
    }
  }

  function look(): void {
    const now = performance.now()
    // what an application does before its first turn of the loop is its start
    const late = lastPulse === undefined ? 0 : now - lastPulse - PULSE_MILLIS
    if (late * 1000 >= LEAST_BLOCK_US - PULSE_MILLIS * 1000) stretches.push({ fromMillis: lastPulse!, toMillis: now })
    if (inspector.url() !== undefined) {
      log.warn('a debugger may be attached: nothing is profiled any more')
      stop()
    } else if (now - takenAt >= PIECE_MILLIS) {
      dueAt ??= now
      if (!isWaiting(now) || now - dueAt >= MOST_WAIT_MILLIS) void runUntraced(send)
    }
    lastPulse = performance.now()
  }

  /** What waited for a block is known a moment after it, and belongs to the same piece. */
  function isWaiting(now: number): boolean {
    const last = stretches.at(-1)
    const isCatchingUp = last !== undefined && now < last.toMillis + CATCH_UP_US / 1000
    return isCatchingUp || resource.asyncAttributesPending === true
  }

  function send(): Promise<void> {
    const report = orElse('samples of the profiler', takeReport, undefined)
    if (report === undefined) return Promise.resolve()
    const isDelivered = new Promise<boolean>((resolve) => {
      const request = postToViewer(viewer, PATH, JSON.stringify(report))
      request.setTimeout(ANSWER_MILLIS, () => request.destroy())
      request.on('response', (answer) => {
        resolve(answer.statusCode === 204)
        answer.on('error', () => {}).resume()
      })
      request.on('error', () => resolve(false))
    })
    // where the request could not even be made
    return isDelivered
      .catch(() => false)
      .then((delivered) => {
        if (!delivered) lost += report.samples.length + (report.lost ?? 0)
      })
  }

  function atExit(): void {
    try {
      const report = takeReport()
      stop()
      // that a process without spans did something is not worth its waiting
      if (report?.samples.some(([, , , span]) => span >= 0))
        sendAtExit(new URL(PATH, viewer.url).href, viewer.headers, JSON.stringify(report))
    } catch (error) {
      log.debug(`the last samples could not be sent: ${messageOf(error)}`)
    }
  }

  /** Undefined when nothing ran, or when it is not known yet which process this is. */
  function takeReport(): ProfileReport | undefined {
    takenAt = performance.now()
    dueAt = undefined
    const found = stretches
    stretches = []
    const taken = sampler?.take()
    const changes = contexts?.take() ?? { atMillis: [], spans: [] }
    if (taken === undefined) return undefined
    const { profile, endedAtMillis } = taken
    const zeroUs = profile.endTime - endedAtMillis * 1000
    const folded = foldProfile(profile, { fromUs: reachedUs, changes, zeroUs, places })
    reachedUs = profile.endTime
    const count = folded.profile.samples.length
    if (resource.asyncAttributesPending) {
      lost += count
      return undefined
    }
    if (count === 0 && lost === 0) return undefined
    const toStretch = ({ fromMillis, toMillis }: Late) => ({
      fromUs: zeroUs + fromMillis * 1000,
      toUs: zeroUs + toMillis * 1000,
    })
    const blocks = findBlocks({ ...folded, changes, zeroUs, places }, found.map(toStretch))
    // spans have the clock of the wall
    const shiftUs = dateNow() * 1000 - (zeroUs + performance.now() * 1000)
    const told = lost
    lost = 0
    return {
      resource: identityOf(resource) as ProfileReport['resource'],
      ...folded.profile,
      startUs: Math.round(folded.profile.startUs + shiftUs),
      endUs: Math.round(folded.profile.endUs + shiftUs),
      intervalUs: SAMPLE_US,
      blocks: blocks.map((block) => ({
        ...block,
        startUs: Math.round(block.startUs + shiftUs),
        endUs: Math.round(block.endUs + shiftUs),
      })),
      ...(told > 0 && { lost: told }),
    }
  }
}

const IDLE: SpanProcessor = {
  onStart() {},
  onEnd() {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}
