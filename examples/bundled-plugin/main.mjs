// Puts app.mjs and its libraries into one file that can still be traced, runs it, and lets the doctor look at it.

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { build } from 'esbuild'
import { esbuildPlugin } from 'uptrace-node/bundler'

const folder = import.meta.dirname
const root = path.join(folder, '../..')
const outfile = path.join(folder, 'dist/app.cjs')

await build({
  absWorkingDir: root,
  entryPoints: [path.join(folder, 'app.mjs')],
  bundle: true,
  platform: 'node',
  outfile,
  plugins: [esbuildPlugin()],
})

run('the bundle', ['--import', 'uptrace-node/register', outfile])
// in an app: npx uptrace-node doctor -- node dist/app.cjs
run('the doctor', [path.join(root, 'dist/cli.cjs'), 'doctor', '--', process.execPath, outfile])

function run(title, args) {
  console.log(`\n${title}`)
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
}
