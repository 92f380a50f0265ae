/** What has been in a map for longest. */

/**
 * Gives one after the other, each of which the caller takes out of the map. An iterator that stays does not pass again and again over the
 * places of those that are gone, as a new one does: thousands of them, in a map that gets and loses one at a time. While it is not asked, it holds
 * what the map has been: it is for maps that lose one for each that they get, else for a short time.
 */
export function createOldest<K, V>(map: ReadonlyMap<K, V>): () => [key: K, value: V] | undefined {
  let entries = map.entries()
  return () => {
    let next = entries.next()
    if (next.done) {
      entries = map.entries()
      next = entries.next()
    }
    return next.done ? undefined : next.value
  }
}
