// From other SDKs: what `uptrace-node migrate` says of each folder `before`, and the folder `after` at work.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = import.meta.dirname
const roads = process.argv.length > 2 ? process.argv.slice(2) : foldersIn(here)
const cli = fileURLToPath(new URL('cli.cjs', import.meta.resolve('uptrace-node')))

for (const road of roads) {
  console.log(`\n${road}`)
  const { stdout } = spawnSync(process.execPath, [cli, 'migrate', path.join(here, road, 'before')], {
    encoding: 'utf8',
  })
  console.log(process.argv.length > 2 ? stdout : stdout.split('\n')[0])
  start(path.join(here, road, 'after'))
}

/** As `npm install && npm start` would, with the package of this repository. */
function start(folder) {
  const parent = path.join(here, '../../.cache')
  mkdirSync(parent, { recursive: true })
  const copy = mkdtempSync(path.join(parent, 'migrated-'))
  cpSync(folder, copy, { recursive: true })
  mkdirSync(path.join(copy, 'node_modules'))
  symlinkSync(path.join(here, '../..'), path.join(copy, 'node_modules/uptrace-node'))
  const { scripts } = JSON.parse(readFileSync(path.join(copy, 'package.json'), 'utf8'))
  spawnSync(scripts.start, { cwd: copy, shell: true, stdio: 'inherit' })
  rmSync(copy, { recursive: true })
}

function foldersIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []))
}
