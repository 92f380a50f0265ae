/** Debian's Chromium, driven by playwright-core. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const EXECUTABLE = process.env['UPTRACE_TEST_CHROMIUM'] ?? '/usr/bin/chromium'

/** Why browser tests cannot run here, or undefined. */
export const noBrowser = existsSync(EXECUTABLE)
  ? undefined
  : `no browser at ${EXECUTABLE}: apt-get install chromium, or name one in UPTRACE_TEST_CHROMIUM`

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
