/** Short jobs with a spool. */
import { readdirSync } from 'node:fs'
import type { Sink } from '../faults/sink.ts'
import type { RunResult } from '../support/run-node.ts'
import { deliveryOption, dsnOf, importsOf, run } from './support.ts'

/** A short job: makes one span, waits for the spool, and ends. */
export const runSpoolJob = (
  sink: Sink,
  spoolDirectory: string,
  name = 'job',
  millis = 200,
  more = '',
  options: object = {},
): Promise<RunResult> =>
  run(
    'cjs',
    `${importsOf('cjs')} ${more}
    configureOpentelemetry({ dsn: '${dsnOf(sink)}', metricsEnabled: false, loggingEnabled: false, ${deliveryOption({ spoolDirectory, exitTimeoutMillis: 2_000, ...options })} })
    api.trace.getTracer('t').startSpan('${name}').end(); setTimeout(() => {}, ${millis})`,
  )

export const requestsIn = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith('.otlp')).sort()
