/** Reads text files of the application, as long as they are of a size that a person writes. */
import { readFileSync, statSync } from 'node:fs'

/** Undefined when it is no file, too large, or can't be read. */
export function readIfSmall(file: string, maxBytes: number): string | undefined {
  try {
    const about = statSync(file)
    return about.isFile() && about.size <= maxBytes ? readFileSync(file, 'utf8') : undefined
  } catch {
    return undefined
  }
}
