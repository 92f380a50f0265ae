/** Masks values whose name does not stand right before `=` or `:`: `"name":"cookie","value":"…"`, `<password>…</password>`, `password '…'`, `curl -u user:…`. */
import { type Names, Secrecy } from './names.ts'
import { isSecret } from './pairs.ts'
import { MASK } from './tokens.ts'
import { endOfQuoted } from './value-end.ts'

const QUOTE = String.raw`\\{0,8}["']`
/** Entries of a list of headers, in JSON and as Node.js prints objects; fields of a form. */
const ENTRY = new RegExp(
  String.raw`\b(?:name|key)(?:${QUOTE})?\s{0,4}[:=]\s{0,4}${QUOTE}([\w.-]{2,64})${QUOTE}[^<>{}]{0,200}?\bvalue(?:${QUOTE})?\s{0,4}[:=]\s{0,4}(${QUOTE})`,
  'g',
)
const ELEMENT = /<(?:\w{1,20}:)?([\w.-]{2,64})(?:\s[^<>]{0,200})?>(?:<!\[CDATA\[)?/g
const SAID =
  /(?<![\w-])([\w-]{0,40}(?:password|passwd|passphrase|passcode|secret|token)|(?:api|access|private|secret|encryption|signing)[ _-]?key)( (?:(?:is|was) )?)(["'`])([^\s"'`]{4,200})\3/gi
const IS_MIXED = /^(?=.{0,99}\d)(?=.{0,99}[a-z])/i
const BEFORE_SYNTAX = /\b(?:unexpected|illegal) $/i
/** Programs that take a password behind a flag of one letter. */
const PROGRAM =
  /\b(?:curl|wget)\b[^\n]{0,300}?\s(?:-u|--user|--proxy-user)[ =]?["']?[^\s:"'@]{1,64}:(?!\/\/)|\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b[^\n]{0,300}?\s-p|\b(?:sshpass|docker login|mongosh|mongodump)\b[^\n]{0,300}?\s-p[ =]?|\bredis-cli\b[^\n]{0,300}?\s-a /g

export function maskNamedValues(text: string, names: Names): string {
  let safe = text
  if (safe.includes('value'))
    safe = maskBehind(safe, ENTRY, (end, [, name, quote]) =>
      names.ofField(name!) >= Secrecy.TEXT ? endOfQuoted(safe, end, quote!) : end,
    )
  if (safe.includes('</'))
    safe = maskBehind(safe, ELEMENT, (end, [, name]) => {
      const close = safe.indexOf('<', end)
      const value = close < 0 ? '' : safe.slice(end, close)
      return isSecret(value, names.ofField(name!), false) ? end + value.replace(/\]\]>$/, '').length : end
    })
  if (/["'`]/.test(safe))
    safe = safe.replace(SAID, (whole, name: string, gap: string, quote: string, value: string, at: number) => {
      const mayBeWord = /(?:token|secret|key)$/i.test(name)
      const isValue = isSecret(value, Secrecy.ALL, false) && (!mayBeWord || (value.length >= 8 && IS_MIXED.test(value)))
      return isValue && !BEFORE_SYNTAX.test(safe.slice(Math.max(0, at - 12), at))
        ? `${name}${gap}${quote}${MASK}${quote}`
        : whole
    })
  if (safe.includes(' -'))
    safe = maskBehind(safe, PROGRAM, (end) => end + /^[^\s"']*/.exec(safe.slice(end, end + 512))![0].length)
  return safe
}

/** Replaces what stands between a match and the end that is found for it. */
function maskBehind(text: string, pattern: RegExp, endOf: (start: number, match: RegExpExecArray) => number): string {
  let safe = ''
  let from = 0
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const start = pattern.lastIndex
    const end = endOf(start, match)
    if (end <= start || text.startsWith(MASK, start)) continue
    safe += text.slice(from, start) + MASK
    from = pattern.lastIndex = end
  }
  return from === 0 ? text : safe + text.slice(from)
}
