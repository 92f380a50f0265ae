/** At which line a function calls another one, whose name is V8's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createPlaces } from '../../../src/signals/profiles/places.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'places-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = path.join(folder, 'app.mjs')
writeFileSync(
  file,
  `const server = createServer(async (request, response) => {
  await before()
  dependency.spin(200)
  respin(1)
  $run?.(2)
  twice(1)
  twice(2)
})
dependency.outside()
`,
)

test.for<[name: string, line: number | undefined]>([
  ['exports.spin', 3],
  ['module.exports.spin', 3],
  ['spin', 3],
  ['Dependency.spin', 3],
  ['respin', 4],
  ['$run', 5],
  ['twice', undefined],
  ['exports.outside', undefined],
  ['(anonymous)', undefined],
  ['get size', undefined],
])('%s is called at line %s', ([name, line]) => {
  expect(createPlaces().callOf(file, 1, name)).toBe(line)
})
