/** What `doctor` says of imports is what the hooks do. */
import { afterEach, expect, test } from 'vitest'
import { importHookKind, watchImport } from '../../../src/instrument/hooks/module-import.ts'

afterEach(() => {
  for (const name of ['deno', 'pnp']) Reflect.deleteProperty(process.versions, name)
})

test.for(['deno', 'pnp'])('where %s keeps imports from being seen, both say so', (name) => {
  Object.defineProperty(process.versions, name, { value: '3', configurable: true })
  const targets = {
    onSight: () => false,
    isTarget: () => false,
    isPatchedFile: () => false,
    patchAlias: (_: unknown, __: string, all: unknown) => all,
  }
  expect([importHookKind(), watchImport(targets).kind]).toEqual(['none', 'none'])
})

test('on Node they are seen', () => {
  expect(importHookKind()).toBe('sync')
})
