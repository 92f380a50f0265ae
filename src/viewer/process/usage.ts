/** What the commands of the viewer share: help, wrong use, and the address to open. */
import { openingAddress } from './identity.ts'
import type { LocalViewer } from './locate.ts'
import { UsageError } from './start.ts'

/** Wrong use is told with the help, exit code 2. */
export async function withUsage(help: string, run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`uptrace-node: ${error.message}\n\n${help}`)
    return 2
  }
}

export function addressToOpen({ url, dsn }: Pick<LocalViewer, 'url' | 'dsn'>): Promise<string> {
  const { port, username } = new URL(dsn)
  return openingAddress(url, Number(port), username)
}

export function isHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h')
}

export function print(text: string): number {
  process.stdout.write(text)
  return 0
}
