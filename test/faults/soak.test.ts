/** A short soak with each run of the suite; `npm run test:soak` is the long one. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

test('ten seconds of random faults lose nothing uncounted and keep the loop free', { timeout: 180_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(import.meta.dirname, 'soak.ts'), '10'], {
    encoding: 'utf8',
    timeout: 170_000,
  })
  expect(status, `${stdout}\n${stderr}`).toBe(0)
})
