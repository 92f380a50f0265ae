/** The command `uptrace-node ui`. */
import { spawn } from 'node:child_process'
import { askToEnd, identify } from './identity.ts'
import { parseViewerFlags, runViewer, VIEWER_FLAGS_HELP } from './start.ts'
import { addressToOpen, isHelp, print, withUsage } from './usage.ts'
import { readState } from './user-files.ts'

const UI_HELP = `Usage: uptrace-node ui [options]

Shows traces, logs and metrics of programs on this machine, in the browser.

Options:
  --open               open the browser
  --stop               end the viewer that runs
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

async function stopViewer(): Promise<number> {
  const state = readState()
  const isRunning = state !== undefined && (await identify(state.port, state.token)) !== undefined
  if (!isRunning) return print('No viewer is running.\n')
  await askToEnd(state.port, state.token)
  return print('The viewer ends.\n')
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
