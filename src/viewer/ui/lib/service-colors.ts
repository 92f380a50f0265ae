/** Which colour a service has: the same on all pages and after a reload, and shared with another only when there are more services than colours. */

export const HUES = 12
/** Neighbours in this order are easy to tell apart; the one like that of errors comes last. */
const ORDER = [0, 2, 1, 4, 3, 8, 5, 9, 6, 7, 10, 11] as const
const KEY = 'service-colors'

let slots: Map<string, number> | undefined
/** Asked for since the page was loaded: these keep their colour whatever the list of services says. */
const seen = new Set<string>()

/** Number of the colour, 0 to 11; a service that is new gets one that is free. */
export function serviceSlot(service: string): number {
  slots ??= read()
  seen.add(service)
  const known = slots.get(service)
  if (known !== undefined) return known
  const slot = freeSlot([...slots.values()], service)
  slots.set(service, slot)
  write(slots)
  return slot
}

/** Gives colours to all services that are stored, in the order of their names, and takes them from those that are gone. */
export function knowServices(services: readonly string[]): void {
  slots ??= read()
  const known = new Set(services)
  for (const service of slots.keys()) if (!known.has(service) && !seen.has(service)) slots.delete(service)
  for (const service of services.toSorted()) serviceSlot(service)
  write(slots)
}

/** The first of the colours used least; when all are in use, which of them depends on the name. */
export function freeSlot(used: readonly number[], service: string): number {
  const uses = new Array<number>(HUES).fill(0)
  for (const slot of used) uses[slot] = (uses[slot] ?? 0) + 1
  const fewest = Math.min(...uses)
  const candidates = ORDER.filter((slot) => uses[slot] === fewest)
  return candidates[fewest === 0 ? 0 : hash(service) % candidates.length]!
}

function hash(text: string): number {
  let value = 0
  for (let index = 0; index < text.length; index++) value = (Math.imul(value, 31) + text.charCodeAt(index)) | 0
  return Math.abs(value)
}

function read(): Map<string, number> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    const entries = (Array.isArray(stored) ? stored : []) as [unknown, unknown][]
    return new Map(
      entries.filter(
        (entry): entry is [string, number] => typeof entry[0] === 'string' && ORDER.includes(entry[1] as never),
      ),
    )
  } catch {
    return new Map()
  }
}

function write(next: ReadonlyMap<string, number>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify([...next]))
  } catch {
    // without storage the colours last as long as the page
  }
}
