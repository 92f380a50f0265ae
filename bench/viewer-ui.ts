/**
 * How the viewer feels: ready after a spawn, and a trace of 50 000 spans scrolled through in Chromium.
 * `node bench/viewer-ui.ts [spans]`; needs dist with the pages (`npm run build`) and Chromium. Ends with 1 when a goal is missed.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { launchBrowser, noBrowser } from '../test/support/chromium.ts'
import { median, table } from './tables.ts'
import { encodeLargeTrace } from './viewer-spans.ts'

const DIST = process.env['UPTRACE_NODE_DIST'] ?? path.join(import.meta.dirname, '../dist')
const SPANS = Number(process.argv[2] ?? 50_000)
const SPANS_A_REQUEST = 10_000
const STARTS = 9
const FRAMES = 300
/** What the list of traces asks for, and the first look of the viewer for findings, have ended by then. */
const SETTLE_MILLIS = 2000
const PIXELS_A_FRAME = 400

interface Ready {
  readonly pid: number
  readonly url: string
  readonly dsn: string
}

interface Frames {
  readonly p50: number
  readonly p95: number
  readonly longest: number
}

/** What was measured, and the most it may be where there is a goal. */
type Row = readonly [what: string, value: number, unit: string, goal?: number]

if (noBrowser !== undefined) throw new Error(noBrowser)
const rows: Row[] = [...(await measureStart()), ...measureFiles(), ...(await measurePages())]
const isMissed = ([, value, , goal]: Row): boolean => goal !== undefined && value > goal
console.log(`${SPANS} spans, Node ${process.version}, ${cpus().length} processors\n`)
console.log(
  table(
    ['', 'measured', 'goal', ''],
    rows.map((row) => [
      row[0],
      `${format(row[1])} ${row[2]}`,
      row[3] === undefined ? '' : `${row[3]} ${row[2]}`,
      isMissed(row) ? 'missed' : '',
    ]),
  ),
)
if (rows.some(isMissed)) process.exitCode = 1

async function measureStart(): Promise<Row[]> {
  const times: number[] = []
  for (let start = 0; start < STARTS; start++) {
    await using viewer = await startViewer()
    times.push(viewer.readyMillis)
  }
  return [
    ['viewer ready after the spawn, median', median(times), 'ms', 150],
    ['... slowest', Math.max(...times), 'ms'],
  ]
}

function measureFiles(): Row[] {
  const folder = path.join(DIST, 'ui')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name)))
  const kilobytes = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0) / 1000
  return [
    ['pages, minified', kilobytes(files.map(({ length }) => length)), 'kB', 260],
    ['pages, gzip', kilobytes(files.map((file) => gzipSync(file).length)), 'kB'],
  ]
}

async function measurePages(): Promise<Row[]> {
  await using viewer = await startViewer()
  const traceId = Buffer.alloc(16, 0xab)
  const startNs = BigInt(Date.now() - 60_000) * 1_000_000n
  const sent = performance.now()
  for (let at = 0; at < SPANS; at += SPANS_A_REQUEST) {
    const body = encodeLargeTrace(traceId, at, Math.min(SPANS_A_REQUEST, SPANS - at), SPANS, startNs)
    const headers = { 'content-type': 'application/x-protobuf', 'uptrace-dsn': viewer.dsn }
    const { ok, status } = await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers, body })
    if (!ok) throw new Error(`the viewer answered ${status}`)
  }
  const sentMillis = performance.now() - sent
  const browser = await launchBrowser()
  try {
    const context = await browser.newContext({ viewport: { width: 1400, height: 860 } })
    // compiled code and the cookie are there, as for whoever has looked at a trace before
    const first = await context.newPage()
    await first.goto(viewer.url)
    await first.waitForTimeout(SETTLE_MILLIS)
    await first.close()
    const page = await context.newPage()
    await page.addInitScript({ path: path.join(import.meta.dirname, 'viewer-ui-page.js') })
    await page.goto(`${viewer.url}/traces/${traceId.toString('hex')}`)
    await page.locator('[role=treegrid] [role=row]').first().waitFor()
    // the rest comes in pages; then what else the page looks into
    await page.locator(`[role=treegrid][aria-rowcount="${SPANS}"]`).waitFor({ timeout: 60_000 })
    await page.waitForTimeout(2000)
    const ask = <Answer>(expression: string): Promise<Answer> => page.evaluate(`bench.${expression}`)
    const allRows = await ask<number>('allRowsMillis')
    const lines = await ask<number>('lines()')
    if (lines < SPANS * 0.9) throw new Error(`only ${lines} lines are shown: siblings were folded`)
    const firstRow = await ask<number>('firstRowMillis')
    const nodes = await ask<number>('nodes()')
    const idle = await ask<Frames>('scroll(60, 0)')
    const steady = await ask<Frames>(`scroll(${FRAMES}, ${PIXELS_A_FRAME})`)
    const jumps = await ask<Frames>(`scroll(${FRAMES}, -1)`)
    const nodesAfter = await ask<number>('nodes()')
    return [
      ['sent and stored', sentMillis, 'ms'],
      ['lines of the waterfall', lines, ''],
      ['first row after the navigation', firstRow, 'ms', 300],
      ['all rows after the navigation', allRows, 'ms'],
      ['... memory of the viewer', residentMegabytes(viewer.pid), 'MB'],
      ['frame without scrolling, p50', idle.p50, 'ms'],
      ['frame while scrolling 400 px each, p50', steady.p50, 'ms', 18],
      ['... p95', steady.p95, 'ms', 34],
      ['... longest', steady.longest, 'ms'],
      ['frame while jumping anywhere, p50', jumps.p50, 'ms', 34],
      ['... p95', jumps.p95, 'ms', 50],
      ['DOM nodes', nodes, '', 2000],
      ['... after scrolling', nodesAfter, '', 2000],
    ]
  } finally {
    await browser.close()
  }
}

/** 0 where there is no /proc. */
function residentMegabytes(pid: number): number {
  const file = `/proc/${pid}/status`
  const kilobytes = existsSync(file) ? /^VmRSS:\s*(\d+)/m.exec(readFileSync(file, 'latin1'))?.[1] : 0
  return Number(kilobytes) / 1000
}

async function startViewer(): Promise<Ready & AsyncDisposable & { readonly readyMillis: number }> {
  const home = mkdtempSync(path.join(tmpdir(), 'viewer-ui-'))
  const started = performance.now()
  const child: ChildProcess = fork(path.join(DIST, 'viewer-process.cjs'), ['--port=0'], {
    execArgv: [],
    env: { PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: home, XDG_CACHE_HOME: home },
  })
  const [ready] = (await once(child, 'message')) as [Ready & { ready: boolean; message?: string }]
  const readyMillis = performance.now() - started
  if (!ready.ready) throw new Error(ready.message)
  return {
    pid: child.pid!,
    url: ready.url,
    dsn: ready.dsn,
    readyMillis,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await once(child, 'exit')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Math.round(value * 10) / 10)
}
