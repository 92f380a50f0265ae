/** docs/configuration.md is what the types say, each option is described, and the variables it names are those the code reads. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { renderConfiguration } from '../../scripts/generate-configuration.ts'
import { createOptionRules } from '../../src/config/option-rules.ts'
import { VARIABLES } from '../../src/config/variables.ts'

const page = renderConfiguration()
const rows = page.split('\n').flatMap((line) => /^\| `(\w+)` \| .* \| (.*) \| (.*) \|$/.exec(line)?.slice(1, 4) ?? [])
const options = Array.from({ length: rows.length / 3 }, (_, index) => rows.slice(index * 3, index * 3 + 3))

test('is current: node scripts/generate-configuration.ts', () => {
  expect(readFileSync(path.join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')).toBe(page)
})

test('has a row for each option that is checked, and says what it does', () => {
  const names = options.map(([name]) => name)
  expect(Object.keys(createOptionRules()).filter((name) => !names.includes(name))).toEqual([])
  expect(options.filter(([, , text]) => text === '').map(([name]) => name)).toEqual([])
})

test('names no variable that the code does not read', () => {
  const known = Object.keys(VARIABLES)
  const named = options.flatMap(([, variables]) =>
    [...variables!.matchAll(/`([A-Z][A-Z_*{},]+)/g)].map(([, name]) => name!),
  )
  expect(named.length).toBeGreaterThan(40)
  const isKnown = (name: string): boolean => {
    const pattern = new RegExp(
      `^${name.replace('*', '[A-Z_]+').replace(/\{([A-Z,]+)\}/, (_, names: string) => `(${names.replaceAll(',', '|')})`)}$`,
    )
    return known.some((variable) => pattern.test(variable))
  }
  expect(named.filter((name) => !isKnown(name))).toEqual([])
})
