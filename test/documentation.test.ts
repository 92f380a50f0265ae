/** The pages under docs/ and those of the examples: their commands run and print what the pages say, or name what they need; their links lead somewhere, and the index has them all. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sink, startSink } from './faults/sink.ts'
import { commandsOf, missingLines, runCommand } from './support/doc-commands.ts'
import { startHarness } from './viewer/harness.ts'
import { id, traceIdOf, tracesRequest } from './viewer/sample.ts'

const ROOT = path.join(import.meta.dirname, '..')
const pages = readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
const examples = readdirSync(path.join(ROOT, 'examples')).filter((name) =>
  existsSync(path.join(ROOT, 'examples', name, 'README.md')),
)
const withCommands = [
  'README.md',
  ...pages.map((page) => `docs/${page}`),
  ...examples.map((name) => `examples/${name}/README.md`),
].filter((page) => commandsOf(page).length > 0)
/** What these machines lack; the last three run in suites of their own: `test:fleet`, `test:frameworks`, test/runtimes. */
const NEEDS =
  /^needs: (the published package|credentials of AWS|Docker|pm2|a terminal|a reader who ends it|servers at their usual ports|Kubernetes|Kafka|Nitro|Bun)$/

let sink: Sink
beforeAll(async () => {
  sink = await startSink()
})
afterAll(() => sink.close())

test('every command says how it is run, or what it needs', () => {
  expect(withCommands).toEqual(
    expect.arrayContaining(['README.md', 'docs/deployment.md', 'docs/viewer-api.md', 'examples/backends/README.md']),
  )
  const all = withCommands.flatMap((page) =>
    commandsOf(page).map(({ mark, line }) => ({ mark: mark ?? 'none', at: `${page}:${line}` })),
  )
  expect(all.filter(({ mark }) => !/^runs(: app|: viewer)?$/.test(mark) && !NEEDS.test(mark))).toEqual([])
  expect(all.filter(({ mark }) => mark.startsWith('runs')).length).toBeGreaterThan(all.length / 2)
})

test('the index names every page', () => {
  const index = readFileSync(path.join(ROOT, 'docs/README.md'), 'utf8')
  expect(pages.filter((page) => page !== 'README.md' && !index.includes(`(${page})`))).toEqual([])
})

test.for([...pages.map((page) => `docs/${page}`), 'examples/README.md'])('links of %s', (page) => {
  const text = readFileSync(path.join(ROOT, page), 'utf8')
  const links = [...text.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map(([, link]) => link!)
  const local = links.filter((link) => !/^[a-z]+:/.test(link))
  expect(local.filter((link) => !existsSync(path.join(ROOT, path.dirname(page), link)))).toEqual([])
})

test.for(pages)('files that %s names exist', (page) => {
  const text = readFileSync(path.join(ROOT, 'docs', page), 'utf8')
  const named = [...text.matchAll(/`((?:examples|deploy|test|bench|scripts)\/[\w./-]+)`/g)].map(([, file]) => file!)
  expect(named.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([])
})

describe.for(withCommands.filter((page) => commandsOf(page).some(({ mark }) => mark?.startsWith('runs'))))(
  '%s',
  (page) => {
    const commands = commandsOf(page).filter(({ mark }) => mark?.startsWith('runs'))
    test.for(commands.map((command) => [command.line, command] as const))(
      'the command in line %d',
      { timeout: 90_000 },
      async ([, command]) => {
        await using viewer = command.mark === 'runs: viewer' ? await startViewerWithTrace() : undefined
        const env = { UPTRACE_DSN: `http://sEcReTtOkEn@localhost:${sink.port}`, ...viewer?.env }
        const { status, output } = await runCommand(command, env)
        expect({ status, output }).toMatchObject({ status: 0 })
        expect(output).not.toContain('sEcReTtOkEn')
        expect({ missing: missingLines(command.output ?? '', output), output }).toMatchObject({ missing: [] })
      },
    )
  },
)

async function startViewerWithTrace() {
  const viewer = await startHarness()
  const traceId = traceIdOf(1)
  await viewer.send(
    '/v1/traces',
    tracesRequest('orders', [{ traceId, spanId: id(1), name: 'GET /', at: 0, millis: 60, error: 'x' }]),
  )
  const { url, token } = viewer.server
  const env = { VIEWER: url, DSN: url.replace('//', `//${token}@`), TRACE_ID: traceId }
  return { env, [Symbol.asyncDispose]: () => viewer[Symbol.asyncDispose]() }
}
