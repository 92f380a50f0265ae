/** docs/architecture.md says what is there: paths, folders, readers of the environment, and a test for each bet. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const SRC = path.join(import.meta.dirname, '../src')
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !file.startsWith('viewer/ui/'))
const root = path.join(SRC, '..')
const text = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8')
const named = [...text.matchAll(/`((?:src|test|scripts|docs|bench)\/[^`\s]+)`/g)].map(([, file]) => file!)

test('names files and folders that exist', () => {
  expect(named.length).toBeGreaterThan(80)
  expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([])
})

test('names every folder of src/', () => {
  const folders = readdirSync(SRC, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []))
  expect(folders.filter((folder) => !named.includes(`src/${folder}`))).toEqual([])
})

test('names every file that looks at process.env', () => {
  const readers = files.filter((file) => /\bprocess\.env\b/.test(codeOf(file)))
  expect(readers.length).toBeGreaterThan(5)
  expect(readers.filter((file) => !named.includes(`src/${file}`))).toEqual([])
})

test('names one test for each bet, and a bet for each test', () => {
  const bets = readFileSync(path.join(root, 'test/bets.test.ts'), 'utf8')
  const titles = [...bets.matchAll(/^ {2}test(?:\.for\(.*?\))?\('(.+?)', /gm)].map(([, title]) => title!)
  const table = text.slice(text.indexOf('## Bets on')).matchAll(/^\| .* \| ([^|]+?)(?: …)? \|$/gm)
  const guards = [...table].map(([, guard]) => guard!).filter((guard) => guard !== 'guarded by')
  expect(titles.length).toBeGreaterThan(15)
  expect(guards.filter((guard) => titles.filter((title) => title.includes(guard)).length !== 1)).toEqual([])
  expect(titles.filter((title) => !guards.some((guard) => title.includes(guard)))).toEqual([])
})

/** Without comments, as far as lines that hold nothing else. */
function codeOf(file: string): string {
  return readFileSync(path.join(SRC, file), 'utf8').replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')
}
