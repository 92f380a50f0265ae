/** The same program by uptrace-go and by this package: what they send differs in what the table of docs/uptrace-go.md says, and in nothing else. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startSink } from '../faults/sink.ts'
import { runFile } from '../support/run-node.ts'
import { type Facts, factsOf } from './uptrace-go/facts.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const FOLDER = path.join(import.meta.dirname, 'uptrace-go')
const BINARY = path.join(ROOT, '.cache/bin/uptrace-go')
const run = promisify(execFile)

/** @returns the program, or why there is none */
function build(): string | undefined {
  try {
    mkdirSync(path.dirname(BINARY), { recursive: true })
    execFileSync('go', ['build', '-o', BINARY, '.'], {
      cwd: FOLDER,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: 'pipe',
    })
    return undefined
  } catch (error) {
    return String((error as Error).message).split('\n')[0]
  }
}

async function factsFrom(start: (dsn: string) => Promise<string>): Promise<Facts> {
  const sink = await startSink()
  try {
    const stdout = await start(`http://token@localhost:${sink.port}`)
    const parent = sink.items('traces').find(({ name }) => name === 'checkout')
    const facts = new Map(factsOf(sink))
    facts.set(
      'trace URL',
      stdout
        .trim()
        .replace(/localhost:\d+/, '<host>')
        .replace(parent.traceId, '<trace id>')
        .replace(parent.spanId, '<span id>'),
    )
    return facts
  } finally {
    await sink.close()
  }
}

const cell = (value: string | undefined): string =>
  value === undefined ? '–' : `\`${value.replaceAll('|', '\\|').replaceAll('`', "'")}\``

/** `field | uptrace-go | here` of each field that is not the same. */
function differences(theirs: Facts, ours: Facts): string[] {
  const names = [...new Set([...theirs.keys(), ...ours.keys()])]
  return names
    .filter((name) => theirs.get(name) !== ours.get(name))
    .map((name) => `${name} | ${cell(theirs.get(name))} | ${cell(ours.get(name))}`)
    .sort()
}

/** The table between the two marks, without its reasons. */
function documented(): string[] {
  const text = readFileSync(path.join(ROOT, 'docs/uptrace-go.md'), 'utf8')
  const [, table] = /<!-- differences -->\n([\s\S]*?)<!-- \/differences -->/.exec(text)!
  return table!
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (-|field )/.test(line))
    .map((line) =>
      line
        .slice(2)
        .split(/(?<!\\) \| /)
        .slice(0, 3)
        .join(' | '),
    )
    .sort()
}

test('what differs on the wire is in the table', { timeout: 600_000 }, async ({ skip }) => {
  const reason = build()
  if (reason !== undefined) {
    console.log(`skipped: uptrace-go can't be built (${reason}); it needs Go`)
    skip()
  }
  const theirs = await factsFrom((dsn) =>
    run(BINARY, { env: { PATH: process.env['PATH'], UPTRACE_DSN: dsn } }).then(({ stdout }) => stdout),
  )
  const ours = await factsFrom(async (dsn) => {
    const result = await runFile(path.join(FOLDER, 'main.mjs'), { env: { UPTRACE_DSN: dsn } })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    return result.stdout
  })
  console.log(`${[...theirs.keys()].filter((name) => ours.get(name) === theirs.get(name)).length} fields are the same`)
  expect(differences(theirs, ours)).toEqual(documented())
})
