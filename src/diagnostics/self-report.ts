/** Inside a program that `uptrace-node doctor` runs: writes what was instrumented, and how many spans each scope made, to a file. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Destination } from '../config/destination.ts'
import type { InstrumentationDiagnostics } from '../instrument/index.ts'
import type { LateLoad } from '../instrument/late/attach.ts'

/** The variable by which the command names the folder: each process of the program has a file of its own in it. */
export const REPORT_VARIABLE = 'UPTRACE_DOCTOR_REPORT'

export interface SelfReport {
  readonly enabled: boolean
  readonly instrumentation: InstrumentationDiagnostics | undefined
  /** ES modules that code would have configured too late for, had the command not preloaded. */
  readonly early: readonly LateLoad[]
  /** Instrumentation scope -> spans. */
  readonly spans: Readonly<Record<string, number>>
  /** Where it sends, however that was configured; with credentials. */
  readonly destinations: readonly Destination[]
  /** Why it sends nowhere. */
  readonly disabledReason?: string | undefined
  /** Names of what it has loaded. */
  readonly packages: readonly string[]
  /** The program that runs. */
  readonly main: string | undefined
  /** When its process started, in milliseconds of the clock. */
  readonly startedAt: number
}

/** Counts spans by scope. */
export function createScopeCounter(): { readonly counts: Record<string, number>; readonly processor: SpanProcessor } {
  const counts: Record<string, number> = {}
  const processor: SpanProcessor = {
    onStart() {},
    onEnd({ instrumentationScope: { name } }: ReadableSpan) {
      counts[name] = (counts[name] ?? 0) + 1
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  return { counts, processor }
}

/** Writes the report now, every second, and once more at the end. @returns what writes it, for a moment after which the process may be gone */
export function startReporting(folder: string, read: () => SelfReport): () => void {
  const file = path.join(folder, `${process.pid}.json`)
  const write = (): void => {
    try {
      writeFileSync(file, JSON.stringify(read()), { mode: 0o600 })
    } catch {
      // the command that asked for it is gone
    }
  }
  write()
  setInterval(write, 1_000).unref()
  process.on('exit', write)
  return write
}
