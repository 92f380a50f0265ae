/**
 * Names of the spool's files. A name says how old a request is, for whom and whose, so that a listing is enough to choose from. The characters
 * are those which every file system takes, Windows included, and names sort by age.
 */

export interface FileName {
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Digests of its destination; see `identify`. */
  readonly key: string
  readonly origin: string
  readonly bytes: number
  /** Random name of the delivery that owns the file. */
  readonly owner: string
  readonly sequence: number
}

const REQUEST = /^(\d{13})-([0-9a-f]{16})-([0-9a-f]{16})-(\d{1,12})-([0-9a-f]{16})-(\d{1,9})\.otlp$/
const HELPER = /^([0-9a-f]{16})(?:-\d{1,9})?\.(lock|tmp)$/
const LAST_MILLIS = 9_999_999_999_999
const MAX_SEQUENCE = 1_000_000_000

export function formatFileName({ createdAt, key, origin, bytes, owner, sequence }: FileName): string {
  const millis = Math.min(LAST_MILLIS, Math.max(0, Math.round(createdAt)))
  return `${String(millis).padStart(13, '0')}-${key}-${origin}-${bytes}-${owner}-${sequence % MAX_SEQUENCE}.otlp`
}

export function parseFileName(name: string): FileName | undefined {
  const match = REQUEST.exec(name)
  if (!match) return undefined
  const [, createdAt, key, origin, bytes, owner, sequence] = match
  return {
    createdAt: Number(createdAt),
    key: key!,
    origin: origin!,
    bytes: Number(bytes),
    owner: owner!,
    sequence: Number(sequence),
  }
}

export const lockName = (owner: string): string => `${owner}.lock`
export const draftName = (owner: string, sequence: number): string => `${owner}-${sequence % MAX_SEQUENCE}.tmp`

/** The lock of an owner, or a request of which only a part may be written. */
export function parseHelperName(name: string): { owner: string; kind: 'lock' | 'tmp' } | undefined {
  const match = HELPER.exec(name)
  return match ? { owner: match[1]!, kind: match[2] as 'lock' | 'tmp' } : undefined
}
