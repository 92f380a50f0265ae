/** What is watched besides libraries, where an option asks for it: calls of console, and the event loop. */
import type { LoggerProvider, MeterProvider } from '@opentelemetry/api'
import type { LogCorrelationOptions } from '../config/options.ts'
import { loadLazily } from '../lazy.ts'
import { orElse } from '../log.ts'
import { clearTimeout, setTimeout } from '../timers.ts'
import type * as ConsoleBridge from './console/bridge.ts'
import type * as Blocks from './event-loop/blocks.ts'

export interface OptIns {
  readonly meterProvider: MeterProvider
  readonly loggerProvider: LoggerProvider
  readonly logs: LogCorrelationOptions | undefined
  /** How long the event loop may be blocked before that is told; undefined where nobody asked. */
  readonly blockThresholdMillis?: number | undefined
}

/** @returns what ends it */
export function startOptIns(options: OptIns): () => void {
  const stopConsole = options.logs?.console ? bridge() : NOTHING
  const stopBlocks = watchEventLoop(options)
  return () => {
    stopConsole()
    stopBlocks()
  }
}

const NOTHING = (): void => {}

function bridge(): () => void {
  const start = (): (() => void) => loadLazily<typeof ConsoleBridge>('console').bridgeConsole()
  return orElse('the bridge of console', start, NOTHING)
}

/** Started a moment later, as what is measured begins when the application has started. */
function watchEventLoop({ blockThresholdMillis: thresholdMillis, meterProvider, loggerProvider }: OptIns): () => void {
  if (thresholdMillis === undefined) return NOTHING
  let stop = NOTHING
  const timer = setTimeout(() => {
    const start = (): (() => void) =>
      loadLazily<typeof Blocks>('event-loop').watchBlocks({ thresholdMillis, meterProvider, loggerProvider })
    stop = orElse('watching the event loop', start, NOTHING)
  }, 50).unref()
  return () => {
    clearTimeout(timer)
    stop()
  }
}
