/** Builds and runs frameworks at their latest versions, and compares the names of spans. `npm run test:frameworks [-- next …]` */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { FRAMEWORKS, type Framework } from './frameworks.ts'
import { install, installOurs, versionOf } from './install.ts'
import { type Outcome, runProgram, type Span } from './program.ts'

const PRELOAD = ['--import', 'uptrace-node/register']
const wanted = process.argv.slice(2)
let failures = 0

for (const framework of FRAMEWORKS) {
  if (wanted.length > 0 && !wanted.includes(framework.name)) continue
  try {
    const folder = install(framework.name, framework.packages, framework.files, framework.overrides)
    installOurs(folder)
    for (const step of stepsOf(framework))
      execFileSync(process.execPath, step, {
        cwd: folder,
        env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
        stdio: ['ignore', 'ignore', 'inherit'],
      })
    const home = framework.standalone ? moved(path.join(folder, framework.standalone)) : folder
    const program = { ...framework.program, folder: home, asks: Object.keys(framework.requests).map(askOf) }
    report(framework, folder, await runProgram(program, framework.flags ?? PRELOAD))
  } catch (error) {
    fail(framework.name, error instanceof Error ? error.message : String(error))
  }
}
process.exit(failures === 0 ? 0 : 1)

function stepsOf({ build = [] }: Framework): ReadonlyArray<readonly string[]> {
  return typeof build[0] === 'string' ? [build as readonly string[]] : (build as ReadonlyArray<readonly string[]>)
}

/** Nothing of the folder that it was built in is to be found from there. */
function moved(folder: string): string {
  const home = mkdtempSync(path.join(tmpdir(), 'uptrace-node-standalone-'))
  process.once('exit', () => rmSync(home, { recursive: true, force: true }))
  cpSync(folder, home, { recursive: true, verbatimSymlinks: true })
  return home
}

/** A path, or a method and a path. */
function askOf(ask: string): { path: string; method: string } {
  const [first, second] = ask.split(' ') as [string, string?]
  return second === undefined ? { path: first, method: 'GET' } : { path: second, method: first }
}

function report(framework: Framework, folder: string, outcome: Outcome): void {
  const version = versionOf(folder, framework.packages[0]!.replace(/(.)@.*$/, '$1'))
  const servers = outcome.spans.filter(({ isServer }) => isServer)
  for (const [ask, name] of Object.entries(framework.requests)) {
    const { path, method } = askOf(ask)
    const [pathname] = path.split('?', 1)
    const isOf = (span: Span): boolean => span.path === pathname && span.name.split(' ', 1)[0] === method
    const found = servers.filter(isOf).map((span) => span.name)
    const isRight = found.length > 0 && found.every((one) => one === name)
    if (isRight) console.log(`ok    ${framework.name} ${version}: ${ask} is ${name}`)
    else fail(`${framework.name} ${version}`, `${ask} is ${found.join(', ') || 'not traced'}, not ${name}`)
  }
  for (const name of framework.spans ?? [])
    if (!outcome.spans.some((span) => span.name === name)) fail(framework.name, `no span ${name}`)
  const traces = new Set(servers.map(({ traceId }) => traceId))
  if (traces.size !== servers.length) fail(framework.name, 'a request has two spans of kind server')
  const strays = outcome.spans.filter(({ isServer, isRoot }) => isRoot && !isServer).map(({ name }) => name)
  if (strays.length > 0)
    console.log(`      ${framework.name}: roots that are no requests: ${[...new Set(strays)].join(', ')}`)
}

function fail(name: string, what: string): void {
  failures++
  console.log(`FAIL  ${name}: ${what}`)
}
