/** Packs the package and unpacks it into .cache/packed, so that tests run on exactly what is published; prints the folder. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')
const home = path.join(root, '.cache/packed')

rmSync(home, { recursive: true, force: true })
mkdirSync(home, { recursive: true })
execFileSync('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', home], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
})
const tarball = readdirSync(home).find((name) => name.endsWith('.tgz'))!
execFileSync('tar', ['-xzf', tarball], { cwd: home })
process.stdout.write(`${path.join(home, 'package')}\n`)
