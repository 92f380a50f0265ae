/** The program of the viewer, in a process of its own: started by `uptrace-node dev`, or by a program whose DSN is `local`. */
import { messageOf } from '../../errors.ts'
import { logThrottled } from '../../log.ts'
import { parseViewerFlags, runViewer, UsageError } from './start.ts'

/** What it tells the process that started it, where there is a channel. */
export type ViewerMessage =
  | { readonly ready: true; readonly url: string; readonly dsn: string; readonly pid: number }
  | { readonly ready: false; readonly message: string }

async function main(): Promise<void> {
  // one fault in a timer must not take the data of the day with it
  process.on('uncaughtException', (error) => logThrottled('error', error.message, `viewer: ${error.stack ?? error}`))
  const { url, dsn, pid, ended } = await runViewer(parseViewerFlags(process.argv.slice(2)))
  tell({ ready: true, url, dsn, pid })
  await ended
  process.exit()
}

function tell(message: ViewerMessage): void {
  process.send?.(message, undefined, undefined, () => {
    if (process.connected) process.disconnect?.()
  })
}

main().catch((error: unknown) => {
  const message = messageOf(error)
  process.stderr.write(`uptrace-node: ${message}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
  tell({ ready: false, message })
  setTimeout(() => process.exit(), 500).unref()
})
