/** The import rule: the data flows through the stages in one direction, and nobody but the doors knows the composition root. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const SRC = path.join(import.meta.dirname, '../src')
const LEAVES = [
  'trace-url.ts',
  'edit-distance.ts',
  'errors.ts',
  'log.ts',
  'redact.ts',
  'lazy.ts',
  'version.ts',
  'readable-value.ts',
  'deadline.ts',
  'timers.ts',
  'process-events.ts',
  'threads.ts',
  'run-child.ts',
  'untraced.ts',
  'url-host.ts',
  'node-connections.ts',
  'id-bytes.ts',
  'small-file.ts',
  'oldest.ts',
]
/** Pure parts of the viewer that its pages use as well. */
const SHARED_WITH_PAGES = ['viewer/api.ts', 'viewer/find-instruments.ts', 'viewer/format.ts']
/** The composition root, and the handle that it returns. */
const ROOTS = ['configure.ts', 'telemetry.ts']
const DOORS = [
  'index.ts',
  'register.ts',
  'pino.ts',
  'bundler.ts',
  'cli.ts',
  'run.ts',
  'viewer/index.ts',
  'testing.ts',
  'testing-jest.ts',
  'testing-vitest.ts',
]
/** Stage -> the stages it may take code from, besides leaves and itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  config: [],
  context: ['config'],
  wire: [],
  signals: ['config', 'context'],
  instrument: ['config', 'context', 'signals'],
  delivery: ['config', 'wire', 'signals'],
  viewer: ['wire'],
  commands: ['context', 'signals'], // `run` and `migrate`
  diagnostics: ['config', 'instrument', 'delivery', 'wire'], // the command and the report of `doctor`
}

interface Import {
  readonly target: string
  readonly isType: boolean
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.tsx?$/.test(file) && !/\.(d|generated)\.ts$/.test(file) && !file.startsWith('viewer/ui/dist/'))
const imports = new Map(files.map((file) => [file, importsOf(file)]))

test('a stage imports leaves, itself, and the stages it feeds on', () => {
  const wrong = [...imports].flatMap(([file, targets]) =>
    targets
      .filter(({ target, isType }) => !isType && !isAllowed(file, target))
      .map(({ target }) => `${file} -> ${target}`),
  )
  expect(wrong).toEqual([])
})

test('of the viewer, the pages take types only, and nobody takes the pages', () => {
  const isPage = (file: string) => file.startsWith('viewer/ui/')
  const wrong = [...imports].flatMap(([file, targets]) =>
    targets
      .filter(({ target, isType }) =>
        isPage(file) ? !isPage(target) && !isType && !SHARED_WITH_PAGES.includes(target) : isPage(target),
      )
      .map(({ target }) => `${file} -> ${target}`),
  )
  expect(wrong).toEqual([])
})

test('only the doors import the composition root', () => {
  const importers = [...imports]
    .filter(([, targets]) => targets.some(({ target }) => target === 'configure.ts'))
    .map(([file]) => file)
  expect(importers.filter((file) => !DOORS.includes(file))).toEqual([])
})

test('no file is part of a cycle, imports of types included', () => {
  expect(files.filter((file) => reaches(file, file))).toEqual([])
})

test('a file is one idea: at most 250 lines, unless its first comment says why, and half of them under 100', () => {
  const lengths = files.map(
    (file) => [file, readFileSync(path.join(SRC, file), 'utf8').split('\n').length - 1] as const,
  )
  const isExcused = (file: string) =>
    readFileSync(path.join(SRC, file), 'utf8').split('*/')[0]!.includes('One file, since')
  expect(lengths.filter(([file, length]) => length > 250 && !isExcused(file))).toEqual([])
  const sorted = lengths.map(([, length]) => length).sort((a, b) => a - b)
  expect(sorted[sorted.length >> 1]).toBeLessThan(100)
})

test('each file says its one job in its first line', () => {
  const silent = files.filter(
    (file) => !/^(#!.*\n)?\/\*\*( [^\n]+\*\/\n|\n \* [^\n]+\n)/.test(readFileSync(path.join(SRC, file), 'utf8')),
  )
  expect(silent).toEqual([])
})

function isAllowed(file: string, target: string): boolean {
  if (LEAVES.includes(target)) return true
  const [stage, targetStage] = [file, target].map((name) => (name.includes('/') ? name.split('/')[0]! : ''))
  if (stage === '') return ROOTS.includes(file) || DOORS.includes(file) || LEAVES.includes(target)
  return targetStage === stage || (MAY_IMPORT[stage!] ?? []).includes(targetStage!)
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(SRC, file), 'utf8')
  const found = text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?'(\.[^']+)'|import\('(\.[^']+)'\)/gm)
  return [...found]
    .filter(([, , from, dynamic]) => /\.tsx?$/.test((from ?? dynamic)!))
    .map(([statement, type, from, dynamic]) => ({
      target: path.posix.normalize(path.posix.join(path.posix.dirname(file), (from ?? dynamic)!)),
      isType: type !== undefined || /^(import|export)\s*\{(\s*type [^,}]+(,|(?=\})))+\s*\}\s*from/.test(statement),
    }))
}

function reaches(from: string, goal: string, seen = new Set<string>()): boolean {
  return (imports.get(from) ?? []).some(({ target }) => {
    if (seen.has(target)) return false
    seen.add(target)
    return target === goal || reaches(target, goal, seen)
  })
}
