/** What each arm adds to the start of a program: wall, CPU, modules and memory over bare Node, in one interleaved run. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { ARMS, chosenArms } from './arms.ts'
import { folderOf, prepareArm } from './arms-install.ts'
import { meanOfQuickest, median, signed, table } from './tables.ts'

const ROUNDS = Number(process.env.START_ROUNDS ?? 16)
/** Nothing listens there: a program that ends at once sends nothing. */
const CLOSED_PORT = 9

const REPORT = `const { user, system } = process.cpuUsage(); require('fs').writeSync(1, JSON.stringify({ cpu: (user + system) / 1000, rss: process.memoryUsage.rss() / 1e6, modules: Object.keys(require.cache).length })); process.exit()`
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`
const PROGRAMS: Readonly<Record<string, { readonly file: string; readonly source: string }>> = {
  'empty, CommonJS': { file: 'empty.cjs', source: REPORT },
  'empty, ESM': { file: 'empty.mjs', source: `${REQUIRE} ${REPORT}` },
  'five libraries, CommonJS': {
    file: 'five.cjs',
    source: `require('http'); require('express')(); require('pg'); require('ioredis'); require('pino')({ level: 'silent' }); ${REPORT}`,
  },
  'five libraries, ESM': {
    file: 'five.mjs',
    source: `import 'node:http'; import express from 'express'; import 'pg'; import 'ioredis'; import pino from 'pino'; ${REQUIRE} express(); pino({ level: 'silent' }); ${REPORT}`,
  },
}

interface Start {
  readonly wall: number
  readonly cpu: number
  readonly rss: number
  readonly modules: number
}

export interface StartResults {
  readonly rounds: number
  /** Program -> arm -> a sample a round; `undefined` where the arm has no way for it. */
  readonly samples: Map<string, Map<string, Start[]>>
  readonly missing: Map<string, string>
}

export function measureStarts(say: (line: string) => void): StartResults {
  const missing = new Map<string, string>()
  const arms = chosenArms().filter((arm) => {
    const reason = prepareArm(arm)
    if (reason) missing.set(arm, reason)
    else for (const { file, source } of Object.values(PROGRAMS)) writeFileSync(path.join(folderOf(arm), file), source)
    return !reason
  })
  const samples = new Map(Object.keys(PROGRAMS).map((program) => [program, new Map<string, Start[]>()]))
  // the first round only fills the caches of the file system
  for (let round = -1; round < ROUNDS; round++) {
    say(`start-up, round ${round + 1} of ${ROUNDS}`)
    for (const [program, byArm] of samples) {
      for (const arm of arms) {
        const start = missing.has(arm) ? undefined : run(arm, program, missing)
        if (start && round >= 0) byArm.set(arm, [...(byArm.get(arm) ?? []), start])
      }
    }
  }
  return { rounds: ROUNDS, samples, missing }
}

function run(name: string, program: string, missing: Map<string, string>): Start | undefined {
  const { flags, env } = ARMS[name]!
  const { file } = PROGRAMS[program]!
  const own = flags[file.endsWith('.cjs') ? 'cjs' : 'mjs']
  if (!own) return undefined
  const begin = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, [...own, file], {
    cwd: folderOf(name),
    env: { PATH: process.env.PATH, ...env?.(CLOSED_PORT) },
    encoding: 'utf8',
  })
  const wall = performance.now() - begin
  const report = /\{[^{}]*\}$/.exec(stdout)?.[0]
  if (status === 0 && report) return { wall, ...(JSON.parse(report) as Omit<Start, 'wall'>) }
  const line = (stderr || stdout).split('\n').find((text) => text.includes('Error')) ?? `exit code ${status}`
  missing.set(name, `${program}: ${line}`)
  return undefined
}

export function describeStarts(results: StartResults): string {
  const programs = [...results.samples.keys()]
  // other work on the machine only ever adds to times
  const typical = (arm: string, program: string, of: keyof Start): number => {
    const values = results.samples
      .get(program)!
      .get(arm)!
      .map((start) => start[of])
    return of === 'wall' || of === 'cpu' ? meanOfQuickest(values) : median(values)
  }
  const none = (program: string, of: keyof Start): number => typical('none', program, of)
  const added = (arm: string, program: string, of: keyof Start): string =>
    signed(typical(arm, program, of) - none(program, of))
  const cell = (arm: string, program: string): string => {
    if (!results.samples.get(program)!.has(arm)) return 'no way'
    if (arm === 'none') return `${none(program, 'wall').toFixed(0)} / ${none(program, 'cpu').toFixed(0)}`
    const ratio = typical(arm, program, 'wall') / none(program, 'wall')
    return `${added(arm, program, 'wall')} / ${added(arm, program, 'cpu')} (×${ratio.toFixed(2)})`
  }
  const [first] = programs as [string]
  const arms = [...results.samples.get(first)!.keys()].filter((arm) => !results.missing.has(arm))
  const rows = arms.map((arm) => [
    ARMS[arm]!.title,
    ...programs.map((program) => cell(arm, program)),
    arm === 'none' ? none(first, 'modules').toFixed(0) : added(arm, first, 'modules'),
    arm === 'none' ? none(first, 'rss').toFixed(0) : added(arm, first, 'rss'),
  ])
  const missing = [...results.missing].map(([arm, reason]) => `- ${ARMS[arm]!.title}: not measured: ${reason}`)
  return [
    `Milliseconds, wall / CPU, added to bare Node, by the quickest quarter of ${results.rounds} interleaved rounds; in brackets the wall time as a ratio to its. The programs end at once, so no export is in it. Modules (CommonJS ones) and RSS are of the empty CommonJS program.`,
    table(['arm', ...programs, 'modules', 'RSS MB'], rows),
    ...(missing.length > 0 ? [missing.join('\n')] : []),
  ].join('\n\n')
}

if (import.meta.main) console.log(describeStarts(measureStarts(console.error)))
