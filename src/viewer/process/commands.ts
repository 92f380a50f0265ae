/** The commands `uptrace-node ui` and `uptrace-node dev`. */
import { spawn } from 'node:child_process'
import { followTraces, newRunId } from './follow-traces.ts'
import { askToEnd, identify, openingAddress } from './identity.ts'
import { findOrStartViewer, type LocalViewer } from './locate.ts'
import { type AppResult, runApp } from './run-app.ts'
import { parseViewerFlags, runViewer, UsageError, VIEWER_FLAGS_HELP } from './start.ts'
import { readState } from './user-files.ts'

const UI_HELP = `Usage: uptrace-node ui [options]

Shows traces, logs and metrics of programs on this machine, in the browser.

Options:
  --open               open the browser
  --stop               end the viewer that runs
${VIEWER_FLAGS_HELP}
`

const DEV_HELP = `Usage: uptrace-node dev [viewer options] [--] <file.js | folder | command> [arguments]

Runs a program with tracing on, sends to the local viewer, and prints the address of each trace.

Viewer options, when it is not running yet:
${VIEWER_FLAGS_HELP}
`

/** Runs the viewer until it is ended, or prints where it runs already. Gives the exit code. */
export async function runUi(args: readonly string[]): Promise<number> {
  if (isHelp(args)) return print(UI_HELP)
  const wantsOpen = args.includes('--open')
  if (args.includes('--stop')) return stopViewer()
  return withUsage(UI_HELP, async () => {
    const flags = parseViewerFlags(
      args.filter((arg) => arg !== '--open'),
      0,
    )
    const viewer = await runViewer(flags)
    const address = await addressToOpen(viewer)
    print(`${viewer.isOurs ? 'Viewer' : 'A viewer is running already'}: ${address}\nDSN:    ${viewer.dsn}\n`)
    if (wantsOpen) openBrowser(address)
    if (viewer.isOurs) print('Press Ctrl-C to end.\n')
    await viewer.ended
    return 0
  })
}

/** Runs a program with tracing on; gives its exit code. */
export async function runDev(args: readonly string[]): Promise<number> {
  const { viewerArgs, command } = splitArguments(args)
  if (isHelp(viewerArgs) || command.length === 0) {
    if (isHelp(viewerArgs)) return print(DEV_HELP)
    process.stderr.write(`uptrace-node dev: what to run is missing\n\n${DEV_HELP}`)
    return 2
  }
  return withUsage(DEV_HELP, async () => {
    parseViewerFlags(viewerArgs)
    const viewer = await findOrStartViewer({ args: viewerArgs, force: true })
    return await runTraced(viewer, command)
  })
}

async function runTraced(viewer: LocalViewer, command: readonly string[]): Promise<number> {
  const runId = newRunId()
  const say = (line: string) => process.stderr.write(`${line}\n`)
  say(`uptrace-node: traces at ${await addressToOpen(viewer)}`)
  const follower = followTraces(viewer, runId, say)
  try {
    const result: AppResult = await runApp(command, viewer, runId)
    await follower.finish()
    if (result.error !== undefined) say(`uptrace-node: ${result.error}`)
    return result.code
  } finally {
    follower.stop()
  }
}

function addressToOpen({ url, dsn }: Pick<LocalViewer, 'url' | 'dsn'>): Promise<string> {
  const { port, username } = new URL(dsn)
  return openingAddress(url, Number(port), username)
}

/** Options of the viewer come first; the program and what follows it are its own. */
function splitArguments(args: readonly string[]): { viewerArgs: string[]; command: string[] } {
  const withValue = new Set(['--port', '--idle-minutes', '--data-dir', '--max-mb'])
  let at = 0
  while (at < args.length && args[at]!.startsWith('-') && args[at] !== '--') at += withValue.has(args[at]!) ? 2 : 1
  return { viewerArgs: args.slice(0, at), command: args.slice(args[at] === '--' ? at + 1 : at) }
}

async function stopViewer(): Promise<number> {
  const state = readState()
  const isRunning = state !== undefined && (await identify(state.port, state.token)) !== undefined
  if (!isRunning) return print('No viewer is running.\n')
  await askToEnd(state.port, state.token)
  return print('The viewer ends.\n')
}

async function withUsage(help: string, run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`uptrace-node: ${error.message}\n\n${help}`)
    return 2
  }
}

function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'win32'
      ? ['cmd', '/c', 'start', '""', url]
      : [process.platform === 'darwin' ? 'open' : 'xdg-open', url]
  const child = spawn(command!, args, { stdio: 'ignore', detached: true })
  child.on('error', () => process.stderr.write(`uptrace-node: no browser could be opened; open ${url}\n`))
  child.unref()
}

function isHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h')
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
