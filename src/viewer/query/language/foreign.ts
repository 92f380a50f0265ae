/** Names the right form where a text is plainly of another query language that says more than ours can. */
import { badQuery } from './errors.ts'

const FOREIGN: readonly (readonly [pattern: RegExp, message: string])[] = [
  [
    /\}\s*(>>|<<|>|<|&?~|!>>|!>|!~)\s*\{/,
    'Relations between spans ({…} >> {…}) are not read. Ask for one of them, and look at its trace.',
  ],
  [
    /\|\s*(count|avg|sum|min|max|rate|quantile_over_time|histogram_over_time|select|by|topk)\s*\(/i,
    'A pipeline of aggregates is not read here. Counts and percentiles by name are on the page Services; for traces use trace.spans>10 or trace.duration>1s.',
  ],
  [/\bgroup\s+by\b/i, 'There is no GROUP BY in a query: pick an attribute under "Group by" beside the list.'],
  [/^\s*select\s.+\sfrom\s/i, 'SQL is not read. A query is a list of conditions, such as service:api duration>50ms.'],
  [/\border\s+by\b/i, 'There is no ORDER BY in a query: the list has a switch for its order.'],
  [
    /^\s*\{[^{}]*\}\s*(\|=|\|~|\|\s*(json|logfmt|line_format))/,
    "Loki's line filters are not read: use body~text or a bare word.",
  ],
  [/\bbetween\s+\S+\s+and\s+/i, 'A range is written field:500..599.'],
]

export function rejectForeign(text: string): void {
  for (const [pattern, message] of FOREIGN) {
    const found = pattern.exec(text)
    if (found && !isQuoted(text, found.index)) throw badQuery(found.index, message)
  }
}

function isQuoted(text: string, position: number): boolean {
  return (text.slice(0, position).replace(/\\./g, '').match(/"/g) ?? []).length % 2 === 1
}
