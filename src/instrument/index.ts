/** Instrumentation: watches what the application loads, and loads an instrumentation when its target comes. */
import type { Environment } from '../config/environment.ts'
import type { LogCorrelationOptions } from '../config/options.ts'
import { messageOf } from '../errors.ts'
import { isComplete } from '../lazy.ts'
import { log, orElse } from '../log.ts'
import { listenToProcess, unlistenToProcess } from '../process-events.ts'
import type { DurationMetrics } from '../signals/metrics/duration-metrics.ts'
import { clearTimeout, setTimeout } from '../timers.ts'
import { takeBundled } from './bundled/registry.ts'
import { chooseEnabled, defaultConfig, withHooks } from './defaults.ts'
import { hearHooks } from './hear-hooks.ts'
import type { Identity } from './hooks/identity.ts'
import type { ImportWatch } from './hooks/module-import.ts'
import { type AliasDefinition, patchAs } from './hooks/patch-as.ts'
import { createPatchedFiles } from './hooks/patched-files.ts'
import { unwatchModules, type Watcher, watchModules } from './hooks/watch.ts'
import { tellsOfRequests } from './http/created-channel.ts'
import { watchFastifyRoutes } from './http/fastify-route.ts'
import type { ResponseHeader } from './http/response-headers.ts'
import { attachBelow, attachLate, type LateLoad } from './late/attach.ts'
import { watchImportedCommonJs } from './late/imported-commonjs.ts'
import { attachMissed, hasBegun } from './late/missed-imports.ts'
import { warnOfMissed, warnOfTaken, warnOfUnsupported } from './late/report.ts'
import { patchSingleExecutable } from './late/single-executable.ts'
import { watchFunctionsTakenEarly } from './late/taken-http.ts'
import { findUnsupported, type UnsupportedVersion } from './late/unsupported.ts'
import { startOptIns } from './opt-ins.ts'
import type { InstrumentationName, InstrumentationSettings, InstrumentationsOption } from './options.ts'
import { chooseOwn } from './own.ts'
import { readOption } from './read-option.ts'
import { createRegistry, type Providers, type Registry } from './registry.ts'
import { watchAdonisRoutes } from './routes/adonis.ts'
import { COMPANIONS, NEST_LOGS, TARGETS } from './targets.ts'
import { watchFetch } from './undici/fetch.ts'

export interface InstrumentOptions extends Providers {
  readonly instrumentations: InstrumentationsOption | undefined
  /** By `--import`, `-r` or a configuration file of Node: the program is to come. */
  readonly isPreloaded?: boolean
  readonly env: Environment
  /** Whether spans are made at all. @default true */
  readonly tracing?: boolean
  /** Histograms that cost less than the meter provider's; undefined where those have to do. */
  readonly durationMetrics?: DurationMetrics | undefined
  readonly ignoreUrls: ReadonlyArray<string | RegExp> | undefined
  /** Where this package sends to: requests there are never traced. */
  readonly ownUrls: readonly string[]
  readonly logs: LogCorrelationOptions | undefined
  readonly runtimeMetrics: boolean
  /** How long the event loop may be blocked before that is told; undefined where nobody asked. */
  readonly blockThresholdMillis?: number | undefined
  readonly responseHeaders: readonly ResponseHeader[]
  readonly sqlComments: boolean
  readonly connectionPhases: boolean
}

/** What is instrumented, and what was loaded too early. */
export interface InstrumentationDiagnostics {
  /** Instrumentations whose target was seen. */
  readonly active: readonly string[]
  /** Instrumentations that wait for their target. */
  readonly waiting: readonly string[]
  /** How ES modules are seen. */
  readonly esm: ImportWatch['kind']
  /** Targets that were loaded before telemetry was configured. */
  readonly late: readonly LateLoad[]
  /** Packages in a version that their instrumentation does not patch. */
  readonly unsupported: readonly UnsupportedVersion[]
}

export interface InstrumentationHandle {
  /** After `stop`: as it was then. */
  diagnostics(): InstrumentationDiagnostics
  stop(): void
}

/** Parts of others, which nobody turns on by name. */
const UNNAMED: ReadonlySet<string> = new Set([...Object.keys(COMPANIONS), NEST_LOGS])

/** Of an application whose instrumentation could not be started. */
export const IDLE: InstrumentationHandle = {
  diagnostics: () => ({ active: [], waiting: [], esm: 'none', late: [], unsupported: [] }),
  stop() {},
}

/** Modules that were patched as they were loaded, or afterwards: a later start has nothing to find out about them. */
const handled = new Set<string>()
const reported = new Set<string>()
/** The one that is active: another one takes its instrumentations over, so that nothing goes untraced between the two. */
let running: { handOver(to: Registry): void } | undefined

export function startInstrumentation(options: InstrumentOptions): InstrumentationHandle {
  const { settings, own } = readOption(options.instrumentations)
  const enabled = isComplete()
    ? chooseEnabled(
        { 'runtime-node': options.runtimeMetrics ? undefined : false, ...settings } as InstrumentationSettings,
        options.env,
      )
    : warnOfBundle()
  for (const [companion, name] of Object.entries(COMPANIONS)) if (enabled.has(name)) enabled.add(companion)
  if (options.logs?.nest && isComplete()) enabled.add(NEST_LOGS)
  const registry = createRegistry(
    enabled,
    options,
    (given) => {
      const name = COMPANIONS[given] ?? given
      const setting = settings[name as InstrumentationName]
      const chosen = typeof setting === 'object' ? setting : {}
      return withHooks(defaultConfig(name, options, chosen), hearHooks(name, chosen))
    },
    chooseOwn(settings),
  )
  const versionCheck = createCheck(() => {
    const found = findUnsupported(registry.definitions()).filter(({ module }) => !reported.has(module))
    for (const { module } of found) reported.add(module)
    warnOfUnsupported(found)
  })
  const definitions = (): AliasDefinition[] => [...registry.definitions().values()].flat() as AliasDefinition[]
  const activateFor = (moduleName: string): boolean => {
    // nothing to dispatch again where nothing came of it: a load that failed would be tried without end
    if (!registry.awaits(moduleName) || !registry.activateFor(moduleName)) return false
    versionCheck.schedule()
    return true
  }
  const targets = new Set(
    Object.keys(TARGETS).filter((moduleName) => TARGETS[moduleName]!.some((name) => enabled.has(name))),
  )
  const watcher: Watcher = {
    onSight(moduleName) {
      if (!activateFor(moduleName)) return false
      handled.add(moduleName)
      attachBelow(moduleName, watcher.isTarget)
      return true
    },
    isTarget: (moduleName) => targets.has(moduleName),
    isPatchedFile: createPatchedFiles(registry),
    patchAlias: (identity: Identity, filename, exported) => patchAs(identity, filename, exported, definitions()),
  }

  const previous = running
  registry.resume()
  const esm = watchModules(watcher, [...targets])
  const stopBundled = takeBundled((module) => {
    if (!watcher.isTarget(module.name)) return
    watcher.onSight(module.name)
    const key = `${module.name}@${module.version}/${module.file}, bundled`
    module.exports = patchAs({ ...module, isAlias: false }, key, module.exports, definitions())
  })
  const stopRoutes = enabled.has('http') ? [watchFastifyRoutes(), watchAdonisRoutes()] : []
  const stopFetch = enabled.has('undici')
    ? watchFetch(() => registry.activate('undici'), typeof settings.undici === 'object')
    : () => {}
  for (const one of own) orElse(`the instrumentation ${one.instrumentationName}`, () => registry.add(one), undefined)
  const stopOptIns = startOptIns(options)
  previous?.handOver(registry)
  const late = attachLate((moduleName) => {
    const isShown = registry.showBuiltin(moduleName)
    if (handled.has(moduleName) && !isShown && !registry.awaits(moduleName)) return false
    activateFor(moduleName)
    return watcher.isTarget(moduleName)
  }, watcher)
  const isUnseen = (name: string): boolean => watcher.isTarget(name) && !handled.has(name)
  const mayHaveMissed = hasBegun(options.isPreloaded ?? false)
  if (mayHaveMissed)
    late.push(...orElse('the search for early imports', () => attachMissed(watcher.onSight, isUnseen, late), []))
  for (const { module } of late) handled.add(module)
  warnOfTaken(late)
  warnOfMissed(late)
  const stopImports = mayHaveMissed ? watchImportedCommonJs(watcher, isUnseen) : () => {}
  patchSingleExecutable()
  const isOwn = (url: string): boolean => options.ownUrls.some((own) => own.startsWith(url))
  const wrapsFunctions = typeof settings.http === 'object' || !tellsOfRequests()
  const watchesHttp = wrapsFunctions && options.tracing !== false && late.some(({ module }) => module === 'http')
  const stopTakenEarly = watchesHttp ? watchFunctionsTakenEarly(isOwn) : () => {}
  // nothing waits for event loop metrics: they may start once the application has, and need not where it ends at once
  const afterStart = setTimeout(() => registry.activate('runtime-node'), 100)
  afterStart.unref()
  if (options.env.AWS_LAMBDA_FUNCTION_NAME) registry.activate('aws-lambda')

  const diagnostics = (): InstrumentationDiagnostics => ({
    active: [...registry.active.keys()].filter((name) => !UNNAMED.has(name)).sort(),
    waiting: [...enabled].filter((name) => !registry.active.has(name) && !UNNAMED.has(name)).sort(),
    esm,
    late,
    unsupported: findUnsupported(registry.definitions()),
  })
  let last: InstrumentationDiagnostics | undefined
  const end = (to?: Registry): void => {
    if (last) return
    last = diagnostics()
    clearTimeout(afterStart)
    versionCheck.conclude()
    stopFetch()
    for (const stop of stopRoutes) stop()
    stopBundled()
    stopTakenEarly()
    stopImports()
    stopOptIns()
    registry.disableAll(to)
  }
  const handle = {
    diagnostics: () => last ?? diagnostics(),
    handOver: end,
    stop() {
      unwatchModules(watcher)
      if (running === handle) running = undefined
      end()
    },
  }
  running = handle
  return handle
}

/** Without the files of the package there is nothing to load. */
function warnOfBundle(): Set<string> {
  log.warn(
    'uptrace-node was put into a bundle, and its files are neither beside the bundle nor in node_modules: no library is instrumented, and nothing can be sent from an exit handler. Leave uptrace-node and the libraries external (esbuild --packages=external, webpack externals, Next.js serverExternalPackages) and deploy node_modules with it',
  )
  return new Set()
}

/** Runs a while after the last call of `schedule`, when what was being loaded has been, or at the end; it keeps no process alive. */
function createCheck(check: () => void): { schedule(): void; conclude(): void } {
  let timer: NodeJS.Timeout | undefined
  let isDue = false
  const guarded = (): void => {
    if (!isDue) return
    isDue = false
    unlistenToProcess('exit', guarded)
    try {
      check()
    } catch (error) {
      // thrown from a timer it would end the application
      log.debug(`the versions of instrumented packages could not be checked: ${messageOf(error)}`)
    }
  }
  return {
    schedule() {
      if (!isDue) listenToProcess('exit', guarded)
      isDue = true
      if (timer) timer.refresh()
      else timer = setTimeout(guarded, 500).unref()
    },
    conclude() {
      clearTimeout(timer)
      guarded()
    },
  }
}
