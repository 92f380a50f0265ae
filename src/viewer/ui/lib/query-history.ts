/** Queries that were used last, and those that were saved: kept in this browser, for each box apart. */
import { signal } from '@preact/signals'

export type QueryKind = 'spans' | 'logs'

const MAX_RECENT = 10
const MAX_SAVED = 50

function createList(name: string, most: number) {
  const lists = { spans: signal(read(`${name}:spans`)), logs: signal(read(`${name}:logs`)) }
  const change = (of: QueryKind, next: readonly string[]): void => {
    lists[of].value = next.slice(0, most)
    try {
      localStorage.setItem(`${name}:${of}`, JSON.stringify(lists[of].value))
    } catch {
      // a browser that stores nothing forgets them with the page
    }
  }
  return {
    of: (kind: QueryKind): readonly string[] => lists[kind].value,
    /** Puts it first. */
    add: (kind: QueryKind, query: string): void =>
      change(kind, [query, ...lists[kind].peek().filter((one) => one !== query)]),
    remove: (kind: QueryKind, query: string): void =>
      change(
        kind,
        lists[kind].peek().filter((one) => one !== query),
      ),
  }
}

function read(key: string): readonly string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : []
  } catch {
    return []
  }
}

export const recentQueries = createList('queries', MAX_RECENT)
export const savedQueries = createList('saved', MAX_SAVED)
