/** The plugin for rollup, and for what takes its plugins: rolldown, Vite, Nitro. */
import { isOurs, withHandOver } from './hand-over.ts'

/** As rollup types plugins, in so far as it is used. */
export interface RollupPlugin {
  readonly name: string
  /** Of Vite: before its own plugins. */
  readonly enforce: 'pre'
  resolveId(source: string): { id: string; external: true } | null
  readonly transform: {
    readonly order: 'pre'
    handler(code: string, id: string, options?: { ssr?: boolean }): { code: string; map: null } | null
  }
}

export function createRollupPlugin(): RollupPlugin {
  return {
    name: 'uptrace-node',
    enforce: 'pre',
    resolveId: (source) => (isOurs(source) ? { id: source, external: true } : null),
    transform: {
      // before plugins that make ES modules of CommonJS
      order: 'pre',
      handler(code, id, options) {
        // Vite says whether it builds for browsers
        const changed = options?.ssr === false ? undefined : withHandOver(code, id)
        return changed === undefined ? null : { code: changed, map: null }
      },
    },
  }
}
