/**
 * `npm run test:soak -- <seconds>`: random faults over every protocol and signal at once. Fails unless created = delivered + dropped everywhere,
 * the back ends hold what they are said to hold, and no turn of the event loop is kept busy for long by our code, in up to three attempts. Prints a table.
 */
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SIGNALS, type Signal } from '../../src/config/destination.ts'
import type { DropCounts, SignalHealth } from '../../src/delivery/index.ts'

const seconds = Number(process.argv[2] ?? 600)
const MAX_BLOCK_MILLIS = 10
const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const

interface AppReport {
  readonly signals: Record<Signal, SignalHealth>
  readonly turns: { readonly max: number; readonly p999: number; readonly withGarbage: number }
  readonly rss: number
}

interface BackendReport {
  readonly taken: Record<Signal, { distinct: number; twice: number }>
  readonly faults: Record<string, number>
  readonly requests: number
}

const file = (name: string): string => path.join(import.meta.dirname, 'soak', name)
/** Neighbours that fill the cache of the processor make turns longer for a while; what our code costs is there in each attempt. */
const ATTEMPTS = 3
const folder = mkdtempSync(path.join(tmpdir(), 'uptrace-soak-'))
const isMounted = mountSmallDisk(folder)
const problems: string[] = []
let longTurns: string[] = []
let rows: string[] = []
try {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    longTurns = []
    rows = []
    await soakAll(attempt)
    print()
    for (const problem of [...problems, ...longTurns]) process.stdout.write(`attempt ${attempt}: ${problem}\n`)
    if (problems.length > 0 || longTurns.length === 0) break
  }
} finally {
  if (isMounted) execFileSync('umount', [folder])
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = problems.length + longTurns.length > 0 ? 1 : 0

async function soakAll(attempt: number): Promise<void> {
  // makes the same telemetry, and sends it nowhere
  const control = startApp(['none', '0'])
  const longest = await Promise.all(PROTOCOLS.map((protocol) => soak(protocol, attempt)))
  const { turns } = await ask<AppReport>(control, 'end')
  for (const [index, millis] of longest.entries()) {
    const ours = millis - turns.max
    if (ours > MAX_BLOCK_MILLIS)
      longTurns.push(`${PROTOCOLS[index]}: a turn took ${ours.toFixed(1)} ms more than without us`)
  }
  rows.push(`| no destination | | | | | | | ${loopOf(turns)} |`)
}

/** @returns the longest turn of the loop */
async function soak(protocol: (typeof PROTOCOLS)[number], attempt: number): Promise<number> {
  const backend = fork(file('backend.ts'), [protocol], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [{ port }] = (await once(backend, 'message')) as [{ port: number }]
  const app = startApp([protocol, String(port), path.join(folder, `${protocol.replace('/', '-')}-${attempt}`)])
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    await sleep(Math.min(2000 + Math.random() * 6000, end - performance.now()))
    backend.kill('SIGSTOP')
    await sleep(500 + Math.random() * 3000)
    backend.kill('SIGCONT')
  }
  backend.send('behave')
  const report = await ask<AppReport>(app, 'end')
  const held = await ask<BackendReport>(backend, 'report')
  backend.disconnect()
  judge(protocol, report, held)
  return report.turns.max
}

function startApp(args: readonly string[]): ReturnType<typeof fork> {
  // its lines about faults are many, and tested elsewhere
  return fork(file('app.ts'), args, { stdio: ['ignore', 'inherit', 'ignore', 'ipc'] })
}

function judge(protocol: string, { signals, turns, rss }: AppReport, { taken, faults, requests }: BackendReport): void {
  const [loop, memory] = [loopOf(turns), `${rss} MB`]
  for (const signal of SIGNALS) {
    const { created, delivered, dropped, queued } = signals[signal]
    const { distinct, twice } = taken[signal]
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0)
    const claim = (holds: boolean, what: string): void =>
      void (holds || problems.push(`${protocol} ${signal}: ${what}`))
    claim(created > 0 && delivered > 0, `created ${created}, delivered ${delivered}`)
    claim(queued === 0, `${queued} still wait`)
    claim(created === delivered + lost, `created ${created}, but delivered ${delivered} and dropped ${lost}`)
    claim(delivered <= distinct, `delivered ${delivered}, but the back end has ${distinct}`)
    claim(created - distinct <= lost, `${created - distinct} never arrived, but only ${lost} are counted as dropped`)
    rows.push(
      `| ${protocol} ${signal} | ${created} | ${delivered} | ${listed(dropped)} | ${distinct} | ${twice} | ${memory} | ${loop} |`,
    )
  }
  rows.push(
    `| | ${requests} requests: ${Object.entries(faults)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')} | | | | | | |`,
  )
  if (turns.p999 > MAX_BLOCK_MILLIS)
    longTurns.push(`${protocol}: one turn in a thousand kept the loop busy for ${turns.p999.toFixed(1)} ms`)
}

function loopOf({ p999, max, withGarbage }: AppReport['turns']): string {
  return [p999, max, withGarbage].map((millis) => millis.toFixed(1)).join(' / ')
}

function listed(dropped: DropCounts): string {
  const reasons = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`)
  return reasons.join(', ') || '0'
}

function print(): void {
  process.stdout.write(
    `${seconds} s of random faults; spool on ${isMounted ? 'a full disk of 1 MB' : 'the common disk (a small one takes root)'}\n\n` +
      '| | created | delivered | dropped | at the back end | twice | memory | longest turn, ms CPU (1 in 1000 / max / max with garbage collection) |\n' +
      `|---|---|---|---|---|---|---|---|\n${rows.join('\n')}\n`,
  )
}

function ask<Answer>(child: ReturnType<typeof fork>, what: string): Promise<Answer> {
  const answer = once(child, 'message').then(([message]) => message as Answer)
  child.send(what)
  return answer
}

/** A disk that is soon full; it takes root. */
function mountSmallDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, millis)))
}
