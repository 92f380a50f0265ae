/** Reads what we wrote as JSON; a text that the disk has damaged must not hide all others. */

export function readObject<T extends object>(text: string): T {
  try {
    return JSON.parse(text) as T
  } catch {
    return {} as T
  }
}
