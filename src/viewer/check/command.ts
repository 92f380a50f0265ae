/** The command `uptrace-node check`: runs a command with tracing on, and fails on what its telemetry shows. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, open, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { RUN_ATTRIBUTE } from '../api.ts'
import { startViewer } from '../index.ts'
import { createClient, NoViewerError, type ViewerClient, ViewerError } from '../process/client.ts'
import { runApp } from '../process/run-app.ts'
import { UsageError } from '../process/start.ts'
import { type CheckArguments, HELP, parseArguments } from './arguments.ts'
import { type BudgetResult, type Budgets, checkBudgets, parseBudgets } from './budget.ts'
import { collectTraces, untilQuiet } from './collect.ts'
import { findingsOf } from './find.ts'
import { type CheckFinding, isAllowed } from './finding.ts'
import { toJunit } from './junit.ts'
import { renderReport } from './report.ts'
import { requestsOf } from './requests.ts'

/** A suite that makes more loses its oldest traces, and is told. */
const MAX_SPANS = 2_000_000

/** Gives the exit code. */
export async function runCheck(args: readonly string[]): Promise<number> {
  try {
    const given = parseArguments(args)
    if (given.help) {
      process.stdout.write(HELP)
      return 0
    }
    const budgets = given.budget === undefined ? {} : readBudgets(given.budget)
    return await check(given, budgets)
  } catch (error) {
    if (error instanceof UsageError) {
      say(`uptrace-node check: ${error.message}\n\n${HELP}`)
      return 2
    }
    if (!(error instanceof NoViewerError || error instanceof ViewerError)) throw error
    say(`uptrace-node check: ${error.message}\n`)
    return 2
  }
}

function readBudgets(file: string): Budgets {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`--budget: ${(error as Error).message}`)
  }
  return parseBudgets(text, file)
}

async function check(given: CheckArguments, budgets: Budgets): Promise<number> {
  const started = performance.now()
  const own = given.viewer === undefined ? await startViewer({ maxSpans: MAX_SPANS }) : undefined
  const viewer = own ?? { url: new URL(given.viewer!).origin, dsn: given.viewer! }
  const client = createClient(viewer)
  try {
    const runId = randomBytes(6).toString('hex')
    let code = 0
    let query = given.query
    if (given.command.length > 0) {
      const result = await runApp(given.command, viewer, runId, { UPTRACE_DEV_CHECK: 'true' })
      if (result.error !== undefined) say(`uptrace-node check: ${result.error}\n`)
      code = result.code
      await untilQuiet(client)
      query = [`${RUN_ATTRIBUTE}=${runId}`, given.query].filter(Boolean).join(' ')
    }
    const failed = await judge(client, given, budgets, { query, started })
    return code === 0 && failed > 0 ? 1 : code
  } finally {
    await own?.close()
  }
}

/** @returns how many findings are not allowed */
async function judge(
  client: ViewerClient,
  given: CheckArguments,
  budgets: Budgets,
  { query, started }: { readonly query: string | undefined; readonly started: number },
): Promise<number> {
  const traces = await collectTraces(client, query)
  const { insights } = await client.get('insights')
  const requests = requestsOf(traces)
  const budget = checkBudgets(budgets, requests)
  const found = [...findingsOf(traces, insights), ...budget.findings, ...(traces.length === 0 ? [NO_TELEMETRY] : [])]
  const [allowed, failed] = [true, false].map((isWanted) =>
    found.filter((finding) => isAllowed(finding, given.allow) === isWanted),
  ) as [CheckFinding[], CheckFinding[]]
  const notes = [...(await evictionOf(client)), ...unusedOf(budget)]
  if (given.output !== undefined) await writeTraces(client, given.output, query)
  if (given.junit !== undefined)
    await write(given.junit, toJunit({ failed, allowed, durationMillis: performance.now() - started }))
  say(renderReport({ failed, allowed, traces: traces.length, requests: requests.length, notes }))
  return failed.length
}

/** A check of nothing must not pass: it would for ever. */
const NO_TELEMETRY: CheckFinding = {
  kind: 'no-telemetry',
  key: 'no-telemetry',
  title: 'no trace arrived',
  detail: 'The command is no program of Node.js, sends its telemetry elsewhere, or has nothing in it that is traced.',
  service: '',
  operation: null,
  count: 1,
  file: null,
  line: null,
  traceId: null,
}

async function evictionOf(client: ViewerClient): Promise<string[]> {
  const { eviction } = (await client.get('status')).storage
  return eviction
    ? [`${eviction.spans} spans of the oldest traces were dropped to make room; they were not checked`]
    : []
}

function unusedOf({ unused }: BudgetResult): string[] {
  return unused.length === 0
    ? []
    : [`no request is named ${unused.map((name) => JSON.stringify(name)).join(', ')}, as the budget has it`]
}

async function writeTraces(client: ViewerClient, file: string, query: string | undefined): Promise<void> {
  const { body } = await client.download('export', { q: query, signals: 'traces,logs' })
  await mkdir(path.dirname(path.resolve(file)), { recursive: true })
  await using handle = await open(file, 'w')
  for await (const piece of body ?? []) await handle.write(piece as Uint8Array)
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.resolve(file)), { recursive: true })
  await writeFile(file, text)
}

function say(text: string): void {
  process.stderr.write(text)
}
