/** The command `uptrace-node dev`: runs a program, prints its traces as they come, and sums up at the end. */
import { randomBytes } from 'node:crypto'
import { RUN_ATTRIBUTE, type RunComparison } from '../api.ts'
import { runSummary } from '../terminal/run-summary.ts'
import { screenOf } from '../terminal/screen.ts'
import { createClient, type ViewerClient } from './client.ts'
import { createDevOutput, type DevMode } from './dev-output.ts'
import { followTraces } from './follow-traces.ts'
import { findOrStartViewer, type LocalViewer } from './locate.ts'
import { type AppResult, runApp } from './run-app.ts'
import { parseViewerFlags, VIEWER_FLAGS_HELP } from './start.ts'
import { addressToOpen, isHelp, print, withUsage } from './usage.ts'

const HELP = `Usage: uptrace-node dev [options] [--] <file.js | folder | command> [arguments]

Runs a program with tracing on, sends to the local viewer, and prints each trace as a line, to the standard error:
status, name, duration, what it did, and a short address. A trace that failed, is slow, or asks again and again is
explained in a few lines more. At the end: requests, errors, the slowest, and what changed since the run before.

Options:
  --quiet              print nothing of the traces
  --waterfall          explain every trace
  --json               one JSON object a line: {"type":"trace", …}, at the end {"type":"summary", …}
  --profile            sample what the program runs: the viewer shows the code behind a span, and what held up the
                       event loop while others waited

Options of the viewer, when it is not running yet:
${VIEWER_FLAGS_HELP}
`

const MODES = ['quiet', 'waterfall', 'json'] as const
const SUMMARY_MILLIS = 3000

/** Runs a program with tracing on; gives its exit code. */
export async function runDev(args: readonly string[]): Promise<number> {
  const { own, command } = splitArguments(args)
  if (isHelp(own) || command.length === 0) {
    if (isHelp(own)) return print(HELP)
    process.stderr.write(`uptrace-node dev: what to run is missing\n\n${HELP}`)
    return 2
  }
  return withUsage(HELP, async () => {
    const modes = MODES.filter((mode) => own.includes(`--${mode}`))
    const isProfiled = own.includes('--profile')
    const viewerArgs = own.filter((arg) => arg !== '--profile' && !MODES.some((mode) => arg === `--${mode}`))
    parseViewerFlags(viewerArgs)
    const viewer = await findOrStartViewer({ args: viewerArgs, force: true })
    return await runTraced(viewer, command, modes[0] ?? 'usual', isProfiled)
  })
}

async function runTraced(
  viewer: LocalViewer,
  command: readonly string[],
  mode: DevMode,
  isProfiled: boolean,
): Promise<number> {
  const runId = randomBytes(6).toString('hex')
  const client = createClient(viewer)
  const say = (line: string) => process.stderr.write(`${line}\n`)
  if (mode !== 'quiet' && mode !== 'json') say(`uptrace-node: traces at ${await addressToOpen(viewer)}`)
  const output = createDevOutput(client, mode, screenOf(process.stderr), say)
  const follower = followTraces(client, { q: `${RUN_ATTRIBUTE}=${runId}` }, output.print)
  try {
    const result: AppResult = await runApp(command, viewer, runId, isProfiled ? { UPTRACE_DEV_PROFILE: 'true' } : {})
    await follower.finish()
    if (mode !== 'quiet') await sumUp(client, runId, mode, say)
    if (result.error !== undefined) say(`uptrace-node: ${result.error}`)
    return result.code
  } finally {
    follower.stop()
  }
}

async function sumUp(client: ViewerClient, runId: string, mode: DevMode, say: (line: string) => void): Promise<void> {
  let comparison: RunComparison
  try {
    comparison = await client.get('compareRuns', { b: runId }, AbortSignal.timeout(SUMMARY_MILLIS))
  } catch {
    return // nothing was sent, or the viewer is gone
  }
  if (mode === 'json') say(JSON.stringify({ type: 'summary', ...comparison }))
  else for (const line of runSummary(comparison, client.url, screenOf(process.stderr))) say(line)
}

/** Options of ours come first; the program and what follows it are its own. */
function splitArguments(args: readonly string[]): { own: string[]; command: string[] } {
  const withValue = new Set(['--port', '--idle-minutes', '--data-dir', '--max-mb'])
  let at = 0
  while (at < args.length && args[at]!.startsWith('-') && args[at] !== '--') at += withValue.has(args[at]!) ? 2 : 1
  return { own: args.slice(0, at), command: args.slice(args[at] === '--' ? at + 1 : at) }
}
