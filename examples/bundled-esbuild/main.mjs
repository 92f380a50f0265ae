// Bundles app.mjs as it should be and as it should not, runs both, and asks the doctor what is wrong with the second.

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { build } from 'esbuild'

const folder = import.meta.dirname
const root = path.join(folder, '../..')
const [right, wrong] = ['right', 'wrong'].map((name) => path.join(folder, `dist/${name}.mjs`))
const options = {
  absWorkingDir: root,
  entryPoints: [path.join(folder, 'app.mjs')],
  bundle: true,
  platform: 'node',
  format: 'esm',
}

// libraries stay in node_modules, and what is loaded from there can be traced
await build({ ...options, packages: 'external', outfile: right })

// express disappears into the bundle: node:http is traced, with the route that express leaves on the request, and nothing of what happens inside
const banner = { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)` }
await build({ ...options, external: ['uptrace-node'], banner, outfile: wrong })

const app = ['--import', 'uptrace-node/register']
for (const file of [right, wrong]) run(path.basename(file), [...app, file])
// in an app: npx uptrace-node doctor -- node dist/wrong.mjs
run('the doctor on wrong.mjs', [path.join(root, 'dist/cli.cjs'), 'doctor', '--', process.execPath, wrong])

function run(title, args) {
  console.log(`\n${title}`)
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
}
