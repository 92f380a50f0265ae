/** Runs the libraries of docs/libraries.md at their latest versions and compares what is traced with the page. `npm run test:libraries [-- --write] [-- express …]` */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { install, versionOf } from '../programs/install.ts'
import { runCell } from './cell.ts'
import { WILD } from './libraries.ts'
import { FILE, type Row, readRows, renderPage } from './page.ts'
import { startServers } from './servers.ts'

const HOME = path.join(tmpdir(), 'uptrace-node-libraries')

const args = process.argv.slice(2)
const isWriting = args.includes('--write')
const wanted = args.filter((arg) => !arg.startsWith('--'))
/** Programs wait for servers most of the time. */
const AT_ONCE = 4

const packagesOf = ({ name, packages = [name] }: (typeof WILD)[number]): readonly string[] => packages
const all = [...new Set(WILD.filter(({ isApart }) => !isApart).flatMap(packagesOf))].sort()
const shared = install('all', all, {}, {}, HOME)
const bson = createRequire(path.join(shared, 'x.js'))('bson')
const servers = await startServers(bson)
const rows = new Map<string, Row>()
const queue = WILD.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
await Promise.all(Array.from({ length: AT_ONCE }, work))
servers.close()
if (isWriting) write()
else compare()
process.exit(process.exitCode ?? 0)

async function work(): Promise<void> {
  for (let library = queue.shift(); library !== undefined; library = queue.shift()) {
    const { name, needs, isApart } = library
    if (needs !== undefined && !{ ...process.env, ...servers.env }[needs]) {
      console.log(`skipped: ${name} needs ${needs} (scripts/services.sh starts the servers)`)
      process.exitCode = 1
      continue
    }
    const packages = packagesOf(library)
    const folder = isApart ? install(name.replace(/\W/g, '_'), packages, {}, {}, HOME) : shared
    const [first] = packages
    const installed = first?.replace(/(.)@.*$/, '$1')
    const version = installed === undefined ? 'of Node' : versionOf(folder, installed)
    const row = await runCell(library, version, { folder, env: servers.env })
    rows.set(name, row)
    console.log(`${name.padEnd(26)}${version.padEnd(16)}${row.cells.join(' ').padEnd(34)}${row.spans}`)
  }
}

function write(): void {
  const known = readRows(readFileSync(FILE, 'utf8'))
  const merged = WILD.flatMap(({ name }) => rows.get(name) ?? known.get(name) ?? [])
  writeFileSync(FILE, renderPage(readFileSync(FILE, 'utf8'), merged))
}

function compare(): void {
  const known = readRows(readFileSync(FILE, 'utf8'))
  for (const [name, row] of rows) {
    const before = known.get(name)
    // a new version by itself is no difference
    const [was, is] = [before, row].map((one) => one && `${one.cells.join(' ')} ${one.spans}`)
    if (was === is) continue
    console.log(`FAIL  ${name} ${row.version}: ${is}\n      the page has (${before?.version}): ${was}`)
    process.exitCode = 1
  }
  console.log(
    process.exitCode
      ? 'the page differs: npm run test:libraries -- --write'
      : `${rows.size} libraries as the page has them`,
  )
}
