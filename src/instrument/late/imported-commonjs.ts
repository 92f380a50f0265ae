/** Packages of CommonJS that the program imports: Node had linked them before telemetry was configured, and runs them afterwards. */
import diagnosticsChannel from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import { clearTimeout, setTimeout } from '../../timers.ts'
import { isLoaded } from '../hooks/cached-modules.ts'
import { type Identity, identify, isInstalled } from '../hooks/identity.ts'
import type { IdentityTargets } from '../hooks/load-by-identity.ts'
import { moduleNameOf } from '../hooks/module-name.ts'

/** Node tells of an import of CommonJS as of a `require` without a parent. */
interface Load {
  readonly id: string
  readonly parentFilename?: string
}

const CHANNEL = 'tracing:module.require'
/** By then the imports of a program have run, even where one of them waits for something. */
const WATCH_MILLIS = 60_000
const require = createRequire(import.meta.url)

/**
 * `import './telemetry.js'; import express from 'express'`: no hook of imports sees express any more. What it exports is replaced once it has run,
 * and before anybody gets it.
 * @returns stops watching
 */
export function watchImportedCommonJs(
  { onSight, isTarget, patchAlias }: IdentityTargets,
  isUnseen: (moduleName: string) => boolean,
): () => void {
  const names = new Set<string>()
  const aliases = new Map<string, Identity>()
  const onStart = attempting(({ id, parentFilename }) => {
    if (parentFilename !== undefined) return
    const name = isInstalled(id) ? moduleNameOf(id) : undefined
    if (name === undefined || !isTarget(name)) return startAlias(id)
    if (names.has(name) || !isUnseen(name)) return
    names.add(name)
    onSight(name)
  })
  const onEnd = attempting(({ id, parentFilename }) => {
    if (parentFilename !== undefined) return
    const cached = require.cache[id]
    const alias = aliases.get(id)
    if (isLoaded(cached) && alias !== undefined) cached.exports = patchAlias(alias, id, cached.exports)
    if (!isInstalled(id) || !names.has(moduleNameOf(id) ?? '')) return
    // the hooks see the file as if it were loaded now; its code does not run again
    if (isLoaded(cached)) cached.exports = cached.require(id)
  })
  diagnosticsChannel.subscribe(`${CHANNEL}:start`, onStart)
  diagnosticsChannel.subscribe(`${CHANNEL}:end`, onEnd)
  const timer = setTimeout(stop, WATCH_MILLIS).unref()
  return stop

  function startAlias(id: string): void {
    const identity = identify(id, isTarget, process.argv[1])
    if (identity === undefined) return
    aliases.set(id, identity)
    onSight(identity.name)
  }

  function stop(): void {
    clearTimeout(timer)
    diagnosticsChannel.unsubscribe(`${CHANNEL}:start`, onStart)
    diagnosticsChannel.unsubscribe(`${CHANNEL}:end`, onEnd)
  }
}

/** What a listener throws would end the application. */
function attempting(listen: (load: Load) => void): (message: unknown) => void {
  return (message) => {
    try {
      listen(message as Load)
    } catch (error) {
      log.debug(`an import could not be looked at: ${messageOf(error)}`)
    }
  }
}
