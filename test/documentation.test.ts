/** The pages under docs/: the commands they mark run and print what the pages say, their links lead somewhere, and the index has them all. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sink, startSink } from './faults/sink.ts'
import { commandsOf, missingLines, runCommand } from './support/doc-commands.ts'

const ROOT = path.join(import.meta.dirname, '..')
const pages = readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
const withCommands = pages.filter((page) => commandsOf(`docs/${page}`).length > 0)

let sink: Sink
beforeAll(async () => {
  sink = await startSink()
})
afterAll(() => sink.close())

test('pages with commands are found', () => {
  expect(withCommands).toEqual(expect.arrayContaining(['deployment.md', 'migration.md', 'recipes.md']))
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

describe.for(withCommands)('%s', (page) => {
  test.for(commandsOf(`docs/${page}`).map((command) => [command.line, command] as const))(
    'the command in line %d',
    { timeout: 90_000 },
    async ([, command]) => {
      const { status, output } = await runCommand(command, { UPTRACE_DSN: `http://sEcReTtOkEn@localhost:${sink.port}` })
      expect({ status, output }).toMatchObject({ status: 0 })
      expect(output).not.toContain('sEcReTtOkEn')
      expect({ missing: missingLines(command.output ?? '', output), output }).toMatchObject({ missing: [] })
    },
  )
})
