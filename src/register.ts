/** The door for `--import` and `-r`: configures from the environment alone, in the main thread and in the application's workers. */
import { configureFromPreload } from './configure.ts'
import { currentDestinations, disabledReason } from './delivery/current-destinations.ts'
import { loadedPackages, watchImports } from './diagnostics/loaded-packages.ts'
import { createScopeCounter, REPORT_VARIABLE, startReporting } from './diagnostics/self-report.ts'
import type { LateLoad } from './instrument/late/attach.ts'
import { findMissedImports } from './instrument/late/missed-imports.ts'
import { orElse } from './log.ts'
import type { Telemetry } from './telemetry.ts'
import { threads } from './threads.ts'

const { isMainThread, parentPort, workerData } = threads()

if (isMainThread || isWorkerOfApplication())
  configureFromEnvironment(isMainThread ? process.env[REPORT_VARIABLE] : undefined)

function configureFromEnvironment(reportFolder: string | undefined): void {
  if (reportFolder === undefined) {
    configureFromPreload()
    return
  }
  watchImports()
  const { counts, processor } = createScopeCounter()
  let telemetry: Telemetry | undefined
  let early: readonly LateLoad[] = []
  let write = (): void => {}
  // what code configures later takes the place of the preload's
  const onConfigured = (configured: Telemetry): void => {
    // by code, after the preload
    if (telemetry !== undefined) early = orElse('the search for early imports', findMissedImports, [])
    telemetry = configured
    write()
  }
  configureFromPreload({ spanProcessor: processor, onConfigured })
  write = startReporting(reportFolder, () => ({
    enabled: telemetry?.enabled ?? false,
    instrumentation: telemetry?.diagnostics(),
    early,
    spans: counts,
    destinations: currentDestinations(),
    disabledReason: disabledReason(),
    packages: loadedPackages(),
    main: process.argv[1],
    startedAt: performance.timeOrigin,
  }))
}

/** Preloads also run in Node's own loader thread, which has no port, and in the workers pino writes from: nothing to trace there. */
function isWorkerOfApplication(): boolean {
  const data: unknown = workerData
  const isPinoTransport = typeof data === 'object' && data !== null && 'stateBuf' in data && 'dataBuf' in data
  return parentPort !== null && !isPinoTransport
}
