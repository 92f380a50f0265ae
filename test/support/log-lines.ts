/** What this package says while a test runs. */
import { afterEach, beforeEach } from 'vitest'
import { configureLog } from '../../src/log.ts'

/** @returns the lines of the test that runs, up to `warn` */
export function keepLogLines(): string[] {
  const lines: string[] = []
  const keep = (message: string): void => void lines.push(message)
  beforeEach(() => {
    lines.length = 0
    configureLog({ level: 'warn', logger: { error: keep, warn: keep, info: keep, debug: keep } })
  })
  afterEach(() => configureLog())
  return lines
}
