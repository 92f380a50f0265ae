/** docs/libraries.md, which `npm run test:libraries` makes, and docs/instrumentation.md say the same of each library. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { expect, test } from 'vitest'
import { LIBRARIES, UNTRACED } from '../../src/diagnostics/libraries.ts'
import { NOT_RUN, WILD } from '../wild/libraries.ts'
import { FILE, readRows, renderPage } from '../wild/page.ts'

const semver = createRequire(import.meta.url)('semver') as {
  valid(version: string): string | null
  satisfies(version: string, range: string): boolean
}
const document = readFileSync(FILE, 'utf8')
const rows = readRows(document)
/** From version 4 on redis is a cover of its client. */
const patchedIn = (name: string): string => (name === 'redis' ? '@redis/client' : libraryOf(name))
/** `express 4` is a row of express. */
const libraryOf = (name: string): string => (Object.hasOwn(LIBRARIES, name) ? name : name.replace(/ \d+$/, ''))

test('the page has a row for each library that is run, and is written as a run writes it', () => {
  expect([...rows.keys()]).toEqual(WILD.map(({ name }) => name))
  expect(renderPage(document, [...rows.values()])).toBe(document)
  expect(rows.size).toBeGreaterThanOrEqual(60)
})

test('each library that is instrumented has a row, or a reason', () => {
  const run = new Set([...rows.keys()].map(libraryOf))
  expect(Object.keys(LIBRARIES).filter((name) => !run.has(name) && !Object.hasOwn(NOT_RUN, name))).toEqual([])
  expect(Object.keys(NOT_RUN).filter((name) => run.has(name))).toEqual([])
})

test('what is said to be traced has spans of its own when preloaded; what is not has none', () => {
  const isOfHttp = ['node:http', 'undici', 'connect']
  for (const { name, spans, cells } of rows.values()) {
    const library = libraryOf(name)
    if (Object.hasOwn(UNTRACED, library) || !Object.hasOwn(LIBRARIES, library) || isOfHttp.includes(name)) continue
    const isWithout = LIBRARIES[library]!.traced.startsWith('no spans')
    expect(`${name}: ${/^(?:not traced|http only)/.test(spans)}`).toBe(`${name}: ${isWithout}`)
    expect(cells, name).toHaveLength(6)
  }
})

test('the versions that were run are among those that are supported', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/instrumentation.md'), 'utf8')
  for (const { name, version } of rows.values()) {
    const row = text.split('\n').find((line) => line.startsWith(`| ${patchedIn(name)} |`))
    const [, , ranges = ''] = row?.split(/(?<!\\)\|/) ?? []
    if (!semver.valid(version) || !Object.hasOwn(LIBRARIES, libraryOf(name))) continue
    const isIn = ranges.split(',').some((range) => semver.satisfies(version, range.replaceAll('\\|', '|').trim()))
    expect(`${name} ${version} ${isIn}`).toBe(`${name} ${version} true`)
  }
})
