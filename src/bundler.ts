/** The door `uptrace-node/bundler`: plugins that keep libraries traceable which a bundler puts into the program. */
import { createEsbuildPlugin, type EsbuildPlugin } from './instrument/bundled/esbuild.ts'
import { createRollupPlugin, type RollupPlugin } from './instrument/bundled/rollup.ts'
import { createWebpackPlugin, type WebpackPlugin } from './instrument/bundled/webpack.ts'

/**
 * For esbuild. Libraries of the catalogue may be inside of the bundle, and are traced; uptrace-node itself stays outside.
 * @example
 * import { build } from 'esbuild'
 * import { esbuildPlugin } from 'uptrace-node/bundler'
 * await build({ entryPoints: ['app.js'], bundle: true, platform: 'node', outfile: 'dist/app.cjs', plugins: [esbuildPlugin()] })
 */
export function esbuildPlugin(): EsbuildPlugin {
  return createEsbuildPlugin()
}

/**
 * For rollup, rolldown, Vite (what is built for servers) and Nitro (`rollupConfig.plugins`); it does its work before other plugins.
 * @example
 * import { rollupPlugin } from 'uptrace-node/bundler'
 * export default { input: 'app.js', plugins: [rollupPlugin()] }
 */
export function rollupPlugin(): RollupPlugin {
  return createRollupPlugin()
}

/**
 * For webpack and rspack.
 * @example
 * const { webpackPlugin } = require('uptrace-node/bundler')
 * module.exports = { target: 'node', entry: './app.js', plugins: [webpackPlugin()] }
 */
export function webpackPlugin(): WebpackPlugin {
  return createWebpackPlugin()
}

export type { EsbuildPlugin, RollupPlugin, WebpackPlugin }
