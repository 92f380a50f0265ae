/** What has been in a map for longest. */

/**
 * Gives one after the other, each of which the caller takes out of the map. An iterator that stays does not pass again and again over the
 * places of those that are gone, as a new one does: thousands of them, in a map that gets and loses one at a time. It is held weakly, since one
 * that rests holds all that the map has been since.
 */
export function createOldest<K, V>(map: ReadonlyMap<K, V>): () => [key: K, value: V] | undefined {
  let last: WeakRef<MapIterator<[K, V]>> | undefined
  return () => {
    const next = last?.deref()?.next()
    if (next !== undefined && !next.done) return next.value
    const entries = map.entries()
    last = new WeakRef(entries)
    return entries.next().value
  }
}
