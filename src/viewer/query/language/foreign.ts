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
  [
    /(?<=\s)\|\s*(stats|head|tail|top|rare|table|sort|eval|dedup|timechart|fields|rename|json|logfmt|line_format|label_format|summarize|project|extend|take|filter|parse)(?=\s+\S|\s*$)/i,
    'A pipeline (| stats, | head, | json …) is not read here: only conditions are. A value of this name is put in quotes.',
  ],
  [
    /(?<=\w)::(int\w*|bigint|float\w*|numeric|text|varchar|string|bool\w*)\b/i,
    'No type is written: numbers are compared as numbers, as in field>=500.',
  ],
  [/[：＝＞＜]/, 'Signs are written as : = > <, as in service:api.'],
  [/(?<=(?:^|[\s({])[\w.@-]+[=:]\d+)&(?=[\w.]+=)/, 'Conditions are joined by a blank or AND: a=1 b=2.'],
  [
    /(?<=(?:^|[\s({])[\w.@-]+[=:][\w.*-]+)[&;+](?=(?:service|name|kind|status|duration|error|level|severity|(?:http|db)\.[\w.]+)[:=<>])/,
    'Conditions are joined by a blank or AND: a=1 b=2.',
  ],
  [/(?<=[\w"])\^\d+(\.\d+)?(?=\s|\)|$)/, 'A weight (^2) is not read: everything that is found counts the same.'],
  [/(?<="|[:=][\w.*-]+)~\d(?=\s|\)|$)/, 'A distance (~2) is not read: use * for anything, or body~text for a part.'],
  [/\bgroup\s+by\b/i, 'There is no GROUP BY in a query: pick an attribute under "Group by" beside the list.'],
  [
    /^\s*select\s(?:.+\s(?:from|where)\s|\s*(?:\*|\w+\())/i,
    'SQL is not read. A query is a list of conditions, such as service:api duration>50ms.',
  ],
  [/\blimit\s+\d+\s*$/i, 'There is no LIMIT in a query: the list shows more as one scrolls; the API takes limit=10.'],
  [
    /\b(?:last|past)\s+\d+\s*(?:s|m|h|d|sec\w*|min\w*|hours?|days?)\s*$/i,
    'Time is no part of a query: choose it beside the list, or give from and to.',
  ],
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
