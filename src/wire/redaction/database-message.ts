/** Masks values in what databases say about errors; names of tables, columns and constraints stay. */
import { sanitizeSql } from './sql.ts'
import type { SqlFamily } from './sql-tokens.ts'

/** Errors of drivers are thrown on through spans and logs of any kind: these say values wherever they stand. Each class is bounded. */
const SHAPES: ReadonlyArray<readonly [hint: string, pattern: RegExp, replacement: string]> = [
  ['Key (', /\bKey \(([^()\n]{1,300}|[^()\n]{0,100}\([^()\n]{0,100}\)[^()\n]{0,100})\)=\([^\n]{0,2000}?\)(?= (?:already|is |conflicts|exists)|\.|$|\n)/g, 'Key ($1)=(?)'],
  ['Key (', /\bKey \(([^()\n]{1,300})\)=\((?!\?\))[^)\n]{0,2000}\)?/g, 'Key ($1)=(?)'],
  ['Failing row', /\bFailing row contains \([^\n]{0,4000}/g, 'Failing row contains (?).'],
  ['Duplicate entry', /\bDuplicate entry '[^\n]{0,2000}?'(?= for key|$|\n)/g, "Duplicate entry '?'"],
  ['duplicate key value is', /\bduplicate key value is \([^\n]{0,2000}?\)(?=\.|$|\n)/g, 'duplicate key value is (?)'],
  ['invalid input', /\b(invalid input (?:syntax|value) for [\w ]{1,80}: )"[^\n]{0,2000}"/g, '$1"?"'],
  ['out of range', /\bvalue "[^"\n]{0,2000}" is out of range/g, 'value "?" is out of range'],
  ['dup key:', /\bdup key: \{[^\n]{0,4000}\}/g, 'dup key: { ? }'],
  ['Incorrect ', /\b(Incorrect [\w ]{1,40} value: )'[^\n]{0,2000}?'(?= for)/g, "$1'?'"],
] // biome-ignore format: a table
const STATEMENT =
  /^\s{0,20}(?:insert\s{1,9}into\s[\s\S]{1,400}?\svalues?\s{0,9}\(|select\s[\s\S]{1,400}?\sfrom\s|update\s{1,9}\S{1,100}\s{1,9}set\s{1,9}\S{1,100}\s{0,9}=|delete\s{1,9}from\s|with\s{1,9}\S{1,100}\s{1,9}as\s{0,9}\(|(?:create|alter)\s{1,9}(?:user|role)\s|merge\s{1,9}into\s)/i
/** After these words a quoted text is a name. */
const BEFORE_NAME =
  /(?:\b(?:column|columns|table|relation|key|database|schema|constraint|index|function|procedure|role|user|type|operator|sequence|view|trigger|collection|command|in|of|field|parameter|extension|host|package|module|property|class|server|file|import|and|enum)|[.@(])[ ]?$/i
/** After these a text in double quotes is a value, which otherwise would be a name. */
const BEFORE_VALUE = /(?:\b(?:value|values|near|input|string|literal|data|date|number|text)|[:=(,]) ?$/i
const MAX_LENGTH = 16 * 1024
const QUOTE = /['"]/g
const FRAME = /\n\s{1,20}at /

/** @param family of the span's database; without it only what surely comes from a database is masked */
export function maskDatabaseMessage(text: string, family: SqlFamily | undefined): string {
  const stack = Math.min(FRAME.exec(text)?.index ?? text.length, MAX_LENGTH)
  let message = text.slice(0, stack)
  for (const [hint, pattern, replacement] of SHAPES)
    if (message.includes(hint)) message = message.replace(pattern, replacement)
  if (family !== undefined || isStatement(message)) {
    message = isStatement(message) ? sanitizeStatement(message, family ?? 'other') : maskQuoted(message)
  }
  // what follows is a stack, or too long to be a message of a database
  return message + text.slice(stack)
}

/** As knex and others put it: the statement with its values, ` - `, the error. A name of an error may stand before it. */
const isStatement = (message: string): boolean => /['"`=(]/.test(message) && STATEMENT.test(withoutName(message))

const withoutName = (message: string): string =>
  message.slice(/^[A-Za-z]{0,40}(?:Error|Exception): /.exec(message)?.[0].length ?? 0)

function sanitizeStatement(message: string, family: SqlFamily): string {
  const statement = withoutName(message)
  const end = statement.lastIndexOf(' - ')
  const name = message.slice(0, message.length - statement.length)
  if (end < 0) return name + sanitizeSql(statement, family)
  return name + sanitizeSql(statement.slice(0, end), family) + maskQuoted(statement.slice(end))
}

/** From quote to quote; a text that is not closed is masked to its end. */
function maskQuoted(message: string): string {
  let safe = ''
  let from = 0
  for (let at = nextQuote(message, 0); at >= 0; ) {
    const quote = message[at]!
    const before = message.slice(Math.max(0, at - 24), at)
    // `doesn't`
    if (quote === "'" && /\w$/.test(before)) {
      at = nextQuote(message, at + 1)
      continue
    }
    const isNear = /\bnear ?$/i.test(before)
    const end = isNear ? endOfNear(message, at, quote) : message.indexOf(quote, at + 1)
    const isValue = quote === '"' ? BEFORE_VALUE.test(before) : !BEFORE_NAME.test(before)
    if (isValue || isNear) {
      safe += `${message.slice(from, at + 1)}?`
      from = end < 0 ? message.length : end
    }
    at = end < 0 ? -1 : nextQuote(message, end + 1)
  }
  return safe + message.slice(from)
}

/** MySQL shows the rest of the statement, with the quotes in it. */
function endOfNear(message: string, at: number, quote: string): number {
  const line = message.indexOf(`${quote} at line`, at + 1)
  return line < 0 ? message.indexOf(quote, at + 1) : line
}

function nextQuote(text: string, from: number): number {
  QUOTE.lastIndex = from
  return QUOTE.exec(text)?.index ?? -1
}
