/** ES modules of a package that import each other in a circle find each other's functions before those modules have run, as without telemetry. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runFile } from '../../support/run-node.ts'

const REGISTER = pathToFileURL(path.join(import.meta.dirname, '../../../dist/register.mjs')).href

const EARLY = `later(); export const early = 1\n`
/** What is in the files of a package whose entry is `index.js`. */
const PACKAGES: ReadonlyArray<readonly [name: string, files: Readonly<Record<string, string>>]> = [
  [
    'between inner files',
    {
      'index.js': `export * from './b.js'\nexport class Hono {}\n`,
      'b.js': `import './a.js'\nexport function later() {}\n`,
      'a.js': `import { later } from './b.js'\n${EARLY}`,
    },
  ],
  [
    'through the entry',
    {
      'index.js': `import './a.js'\nexport function later() {}\nexport class Hono {}\n`,
      'a.js': `import { later } from './index.js'\n${EARLY}`,
    },
  ],
  [
    'through the entry, by the name of the package',
    {
      'index.js': `import './a.js'\nexport function later() {}\nexport class Hono {}\n`,
      'a.js': `import { later } from 'hono'\n${EARLY}`,
    },
  ],
]

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'uptrace-cycles-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test.for(PACKAGES)('%s', async ([, files]) => {
  const home = path.join(folder, 'node_modules/hono')
  mkdirSync(home, { recursive: true })
  const manifest = { name: 'hono', version: '4.1.0', type: 'module', exports: { '.': './index.js' } }
  writeFileSync(path.join(home, 'package.json'), JSON.stringify(manifest))
  for (const [name, source] of Object.entries(files)) writeFileSync(path.join(home, name), source)
  const file = path.join(folder, 'main.mjs')
  writeFileSync(file, `import { Hono, later } from 'hono'\nlater(); console.log(typeof Hono)\n`)
  const env = { UPTRACE_DSN: 'http://t@127.0.0.1:9/1', UPTRACE_LOG_LEVEL: 'none' }
  const bare = await runFile(file, {})
  const ours = await runFile(file, { flags: ['--import', REGISTER], env })
  expect(bare).toMatchObject({ code: 0, stdout: 'function\n' })
  expect(ours).toMatchObject({ code: 0, stdout: 'function\n', stderr: '' })
})
