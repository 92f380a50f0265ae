/** The plugin for webpack, and for rspack: a loader does the work, for which webpack wants a file. */
import path from 'node:path'
import { distFolder } from '../../lazy.ts'
import { isOurs, isPatched } from './hand-over.ts'

interface Outputs {
  readonly output?: { readonly module?: boolean }
  readonly experiments?: { readonly outputModule?: boolean }
}
type Done = (error?: null, result?: string) => void
/** The part of webpack's compilers that is used. */
export interface WebpackCompiler {
  options: {
    module: { rules: unknown[] }
    externals?: unknown
    output?: object
    experiments?: object
  }
}
export interface WebpackPlugin {
  apply(compiler: WebpackCompiler): void
}

export function createWebpackPlugin(): WebpackPlugin {
  return {
    apply({ options }) {
      const loader = path.join(distFolder(), 'lazy/webpack-loader.cjs')
      options.module.rules.push({ resource: isPatched, enforce: 'pre', use: [{ loader }] })
      const { output = {}, experiments = {} } = options as Outputs
      const kind = output.module || experiments.outputModule ? 'module' : 'commonjs'
      const external = ({ request = '' }: { request?: string }, done: Done): void =>
        isOurs(request) ? done(null, `${kind} ${request}`) : done()
      options.externals = [options.externals ?? [], external].flat()
    },
  }
}
