/** Bun and Deno, where scripts/install-runtimes.sh has put them: docs/runtimes.md says what works and what does not. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { DELIVERIES, deliverySource, FEATURES, sourceOf } from './features.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const RUNTIMES = ['bun', 'deno'] as const
type Runtime = (typeof RUNTIMES)[number]

const binaryOf = (runtime: Runtime): string => path.join(ROOT, '.cache/runtimes', runtime)

function run(runtime: Runtime, source: string) {
  const flags = runtime === 'deno' ? ['run', '-A', '--no-prompt'] : []
  return runSource('mjs', source, { node: binaryOf(runtime), flags, timeoutMillis: 30_000 })
}

/** Feature -> what the document says of each runtime. */
function readDocument(): Map<string, Record<Runtime, string>> {
  const text = readFileSync(path.join(ROOT, 'docs/runtimes.md'), 'utf8')
  const rows = text.split('\n').filter((line) => /^\| .*\| (yes|no) \| (yes|no) \|$/.test(line))
  return new Map(
    rows.map((row) => {
      const [, name = '', bun = '', deno = ''] = row.split('|').map((cell) => cell.trim())
      return [name, { bun, deno }]
    }),
  )
}

test('the document has a row for each feature', () => {
  const names = [...FEATURES.map(({ name }) => name), ...DELIVERIES.map(([name]) => name)]
  expect([...readDocument().keys()]).toEqual(names)
})

for (const runtime of RUNTIMES) {
  const isThere = existsSync(binaryOf(runtime))
  if (!isThere) console.log(`skipped: needs ${runtime} (scripts/install-runtimes.sh)`)

  for (const feature of FEATURES) {
    const canRun = isThere && (feature.needs === undefined || process.env[feature.needs] !== undefined)
    test.runIf(canRun)(`${runtime}: ${feature.name}`, async () => {
      const { code, stdout, stderr } = await run(runtime, sourceOf(feature))
      // whatever is traced, the program runs to its end
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
      expect(feature.span.test(stdout) ? 'yes' : 'no').toBe(readDocument().get(feature.name)![runtime])
    })
  }

  for (const [name, end] of DELIVERIES)
    test.runIf(isThere)(`${runtime}: ${name}`, async () => {
      const sink = await startSink()
      try {
        const { code } = await run(runtime, deliverySource(sink.port, end))
        expect(code).toBe(0)
        const hasArrived = sink.items('traces').some((span) => span.name === 'arrives')
        expect(hasArrived ? 'yes' : 'no').toBe(readDocument().get(name)![runtime])
      } finally {
        await sink.close()
      }
    })
}
