/** Finds byte sequences that were seen before, so that what programs send again and again is decoded once. */

/** Slots are found by hash; a sequence that comes a second time takes the slot of another with the same one. */
export class RepeatTable<Value> {
  readonly #slots: number
  readonly #hashes: Int32Array
  readonly #entries: (Entry<Value> | undefined)[]
  #hash = 0

  /** @param slots a power of two */
  constructor(slots: number) {
    this.#slots = slots
    this.#hashes = new Int32Array(slots)
    this.#entries = new Array<Entry<Value> | undefined>(slots).fill(undefined)
  }

  /** What was kept for these bytes. */
  find(view: DataView, start: number, end: number): Value | undefined {
    const hash = hashOf(view, start, end)
    this.#hash = hash
    const entry = this.#entries[slotOf(hash, this.#slots)]
    if (entry === undefined || entry.hash !== hash || entry.length !== end - start) return undefined
    return isEqual(view, start, entry) ? entry.value : undefined
  }

  /** Right after `find` gave nothing: keeps a value for these bytes, if they have come before. */
  offer(view: DataView, start: number, end: number, value: Value): boolean {
    const hash = this.#hash
    const slot = slotOf(hash, this.#slots)
    if (this.#hashes[slot] !== hash) {
      this.#hashes[slot] = hash
      return false
    }
    const bytes = new Uint8Array(view.buffer, view.byteOffset + start, end - start).slice()
    this.#entries[slot] = { hash, length: bytes.length, bytes: new DataView(bytes.buffer), value }
    return true
  }
}

interface Entry<Value> {
  readonly hash: number
  readonly length: number
  readonly bytes: DataView
  readonly value: Value
}

function slotOf(hash: number, slots: number): number {
  return (hash ^ (hash >>> 15)) & (slots - 1)
}

function hashOf(view: DataView, start: number, end: number): number {
  let hash = end - start
  let at = start
  for (; at + 4 <= end; at += 4) hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e37_79b1) ^ (hash >>> 13)
  for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x85eb_ca6b) ^ (hash >>> 13)
  return hash | 0
}

function isEqual(view: DataView, start: number, { bytes, length }: Entry<unknown>): boolean {
  let at = 0
  for (; at + 4 <= length; at += 4) {
    if (view.getInt32(start + at, true) !== bytes.getInt32(at, true)) return false
  }
  for (; at < length; at++) if (view.getUint8(start + at) !== bytes.getUint8(at)) return false
  return true
}
