/** Finds instruments by what is typed into the search of metrics, in the page and in the terminal. */
import type { Instrument } from './api.ts'

const FIELDS = ['name', 'service', 'scope', 'type', 'unit'] as const
type Field = (typeof FIELDS)[number]
const OTHER_NAMES: Readonly<Record<string, Field>> = { __name__: 'name', metric: 'name', job: 'service' }
/** What Prometheus adds to a name. */
const SUFFIX = /_(?:bucket|count|sum|total|seconds|milliseconds|bytes|ratio)$/
const TERM = /(-|!|not\s+)?(?:([\w.]+)\s*(?:=~|==|=|:)\s*)?("[^"]*"?|'[^']*'?|[^\s{},()]+)/giy

/** Words must all be met; `-` negates; `type:histogram` asks one field; `*` is any text; a name of Prometheus is read too. */
export function findInstruments<Row extends Instrument>(rows: readonly Row[], text: string): readonly Row[] {
  const tests = [...termsOf(text)].map(testOf)
  return rows.filter((row) => tests.every((test) => test(row)))
}

interface Term {
  readonly isNot: boolean
  readonly field: Field | undefined
  readonly value: string
}

function* termsOf(text: string): Generator<Term> {
  for (let at = 0; at < text.length; ) {
    TERM.lastIndex = at
    const found = TERM.exec(text)
    if (found === null) at++
    else {
      at = TERM.lastIndex
      const [whole, not, name, value] = found as unknown as [string, string | undefined, string | undefined, string]
      if (/^(?:and|&&|\|\|?|where)$/i.test(whole)) continue
      const field = name === undefined ? undefined : fieldOf(name)
      const isUnknown = name !== undefined && field === undefined
      yield { isNot: not !== undefined, field, value: isUnknown ? whole : value.replace(/^["']|["']$/g, '') }
    }
  }
}

function fieldOf(name: string): Field | undefined {
  const lower = name.toLowerCase().replace(/^service[._]name$/, 'service')
  return Object.hasOwn(OTHER_NAMES, lower) ? OTHER_NAMES[lower] : FIELDS.find((field) => field === lower)
}

function testOf({ isNot, field, value }: Term): (row: Instrument) => boolean {
  const wanted = patternOf(value)
  const bare = plain(value).replace(SUFFIX, '').replace(SUFFIX, '')
  return (row) => {
    const texts = field === undefined ? FIELDS.map((one) => row[one]) : [row[field]]
    const isFound = texts.some((text) => wanted.test(text)) || (field !== 'unit' && bare === plain(row.name))
    return isFound !== isNot
  }
}

/** Found anywhere; with `*` the whole must be met. `_` of Prometheus is the dot of OpenTelemetry. */
function patternOf(value: string): RegExp {
  const parts = value.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\\\.|_/g, '[._]'))
  return new RegExp(parts.length > 1 ? `^${parts.join('.*')}$` : parts[0]!, 'i')
}

const plain = (name: string): string => name.toLowerCase().replaceAll('.', '_')
