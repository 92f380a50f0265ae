/** The command `uptrace-node ui`. */
import { spawn } from 'node:child_process'
import { askToEnd, identify } from './identity.ts'
import { parseViewerFlags, runViewer, UsageError, VIEWER_FLAGS_HELP } from './start.ts'
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
  return withUsage(UI_HELP, async () => {
    if (args.includes('--stop')) {
      if (args.length > 1) throw new UsageError('--stop ends the viewer of this user; it takes no other option')
      return stopViewer()
    }
    const flags = parseViewerFlags(
      args.filter((arg) => arg !== '--open'),
      0,
    )
    const viewer = await runViewer(flags)
    const address = await addressToOpen(viewer)
    const useless = viewer.isOurs ? [] : uselessOf(args, viewer.url)
    if (useless.length > 0) {
      process.stderr.write(
        `uptrace-node: a viewer is running already at ${address}, and ${useless.join(', ')} cannot change it: end it first, with uptrace-node ui --stop\n`,
      )
      return 1
    }
    print(`${viewer.isOurs ? 'Viewer' : 'A viewer is running already'}: ${address}\nDSN:    ${viewer.dsn}\n`)
    if (wantsOpen) openBrowser(address)
    if (viewer.isOurs) print('Press Ctrl-C to end.\n')
    await viewer.ended
    return 0
  })
}

/** Options that a viewer which runs already does not have, or may not have. */
function uselessOf(args: readonly string[], url: string): string[] {
  const names = args.filter((arg) => arg.startsWith('--') && arg !== '--open').map((arg) => arg.split('=', 1)[0]!)
  const { port } = parseViewerFlags(args.filter((arg) => arg !== '--open'))
  return names.filter((name) => name !== '--port' || String(port) !== new URL(url).port)
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
