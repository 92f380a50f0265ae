/** docs/instrumentation.md and the table that `doctor` knows are one, and name all that is patched. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { renderInstrumentation } from '../../scripts/generate-libraries.ts'
import { findUntraced, LIBRARIES, UNTRACED } from '../../src/diagnostics/libraries.ts'
import { INSTRUMENTATIONS, TARGETS } from '../../src/instrument/targets.ts'

const FILE = path.join(import.meta.dirname, '../../docs/instrumentation.md')

test('the document is what scripts/generate-libraries.ts writes', () => {
  expect(renderInstrumentation(readFileSync(FILE, 'utf8'))).toBe(readFileSync(FILE, 'utf8'))
})

test('each instrumentation that patches a library is in the table, under a switch that exists', () => {
  const named = new Set(Object.values(LIBRARIES).map(({ instrumentation }) => instrumentation))
  const patching = new Set(Object.values(TARGETS).flat())
  const missing = INSTRUMENTATIONS.filter((name) => patching.has(name) && !named.has(name))
  expect(missing).toEqual([])
  for (const name of named) expect(INSTRUMENTATIONS).toContain(name)
})

test('a library that is traced is not among those that are not', () => {
  const traced = [...Object.keys(TARGETS), ...Object.keys(LIBRARIES)]
  expect(Object.keys(UNTRACED).filter((name) => traced.includes(name))).toEqual([])
  expect(findUntraced(['express', 'mqtt', 'toString'])).toEqual([['mqtt', UNTRACED['mqtt']]])
})
