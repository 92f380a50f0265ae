/** Masks values whose name does not stand right before `=` or `:`: `"name":"cookie","value":"…"`, `<password>…</password>`, `password '…'`, `curl -u user:…`. */
import { type Names, Secrecy } from './names.ts'
import { isSecret } from './pairs.ts'
import { MASK } from './tokens.ts'
import { endOfQuoted } from './value-end.ts'

const QUOTE = String.raw`\\{0,8}["']`
const BREAK = String.raw`(?:\r?\n|\\r\\n|\\n)`
/** Entries of a list of headers, in JSON and as Node.js prints objects; fields of a form. */
const ENTRY = new RegExp(
  String.raw`\b(?:name|key)(?:${QUOTE})?\s{0,4}[:=]\s{0,4}${QUOTE}([\w.-]{2,64})${QUOTE}[^<>{}]{0,200}?\bvalue(?:${QUOTE})?\s{0,4}[:=]\s{0,4}(${QUOTE})`,
  'g',
)
/** A header of a list as text, `["Cookie","sid=…"]`; a list of names, `["cookie","x-api-key"]`, has no such values. */
const HEADER = new RegExp(
  String.raw`(${QUOTE})((?:set-)?cookie|(?:proxy-)?authorization|x-[\w-]{2,40})\1\s{0,4},\s{0,4}(${QUOTE})(?=[\w%.+/-]{0,200}[=\d ])`,
  'gi',
)
/** A field of a form: its headers, an empty line, the value. */
const FORM_FIELD = new RegExp(
  String.raw`\bform-data; ?name=${QUOTE}([\w.[\]-]{2,64})${QUOTE}(?:${BREAK}[\w-]{1,40}:[^\r\n\\]{0,200}){0,3}${BREAK}${BREAK}`,
  'gi',
)
const END_OF_FIELD = /\r?\n--|\\r\\n--|\\n--|$/g
const ELEMENT = /<(?:\w{1,20}:)?([\w.-]{2,64})(\s[^<>]{0,200})?>(?:<!\[CDATA\[)?/g
/** `<property name="password">` */
const NAMED = /\s(?:name|key)=["']([\w.-]{2,64})["']/
const SAID =
  /(?<![\w-])([\w-]{0,40}(?:password|passwd|passphrase|passcode|secret|token)|(?:api|access|private|secret|encryption|signing)[ _-]?key)( (?:(?:is|was) )?|(?<=(?:set|with|update|change|hash)\w{0,40})\()(["'`])([^\s"'`]{4,200})\3/gi
const IS_MIXED = /^(?=.{0,99}\d)(?=.{0,99}[a-z])/i
const BEFORE_SYNTAX = /\b(?:unexpected|illegal) $/i
/** Programs that take a password behind a flag of one letter. */
const PROGRAM =
  /\b(?:curl|wget)\b[^\n]{0,120}?\s(?:-u|--user|--proxy-user)[ =]?["']?[^\s:"'@]{1,64}:(?!\/\/)|\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b[^\n]{0,120}?\s-p|\b(?:sshpass|docker login|mongosh|mongodump)\b[^\n]{0,120}?\s-p[ =]?|\bredis-cli\b[^\n]{0,120}?\s-a |\bhtpasswd\s[^\n]{0,40}?-\w{0,5}b\w{0,5}\s\S{1,200}\s\S{1,64}\s/g
/** `jdbc:oracle:thin:scott/tiger@host`, and the file .netrc. */
const LOGIN = /\bjdbc:oracle:\w{2,10}:[^\s:/@"']{1,64}\/(?!\/)|\blogin\s{1,9}\S{1,64}\s{1,9}password\s{1,9}/g
const SETTING =
  /\bENV[ \t]{1,4}([A-Z][A-Z\d_]{2,64})[ \t]{1,4}["']?|\bconfig(?:ure)?[ \t]{1,4}(?:--?\w{1,20}[ \t]{1,4}|set[ \t]{1,4}){1,3}(?:[^\s"'=]{0,200}[/:])?([\w.-]{2,64})[ \t]{1,4}["']?/g

export function maskNamedValues(text: string, names: Names): string {
  let safe = text
  if (safe.includes('value'))
    safe = maskBehind(safe, ENTRY, (end, [, name, quote]) =>
      names.ofField(name!) >= Secrecy.TEXT ? endOfQuoted(safe, end, quote!) : end,
    )
  if (/["'],\s{0,4}\\{0,8}["']/.test(safe))
    safe = maskBehind(safe, HEADER, (end, [, , name, quote]) =>
      names.ofField(name!) >= Secrecy.TEXT ? endOfQuoted(safe, end, quote!) : end,
    )
  if (safe.includes('form-data'))
    safe = maskBehind(safe, FORM_FIELD, (end, [, name]) => {
      if (names.ofField(name!) < Secrecy.TEXT) return end
      END_OF_FIELD.lastIndex = end
      return END_OF_FIELD.exec(safe)!.index
    })
  if (safe.includes('</'))
    safe = maskBehind(safe, ELEMENT, (end, [, name, attributes]) => {
      const close = safe.indexOf('<', end)
      const value = close < 0 ? '' : safe.slice(end, close)
      const inner = NAMED.exec(attributes ?? '')?.[1]
      const secrecy = names.ofField(name!) || (inner === undefined ? Secrecy.NONE : names.ofField(inner))
      return isSecret(value, secrecy, false) ? end + value.replace(/\]\]>$/, '').length : end
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
  if (safe.includes('jdbc:oracle') || safe.includes('login')) {
    // `login u password wrong` is a sentence, unless it is a line of the file
    const isFile = safe.includes('machine ')
    safe = maskBehind(safe, LOGIN, (end, [login]) => {
      const pattern = login.startsWith('jdbc') ? /^[^\s"'@]*(?=@)/ : /^\S*/
      const value = pattern.exec(safe.slice(end, end + 512))?.[0] ?? ''
      const isSentence = login.startsWith('login') && !isFile && /^[a-z]{1,12}[.!]?$/.test(value)
      return isSentence ? end : end + value.length
    })
  }
  if (safe.includes('config') || safe.includes('ENV '))
    safe = maskBehind(safe, SETTING, (end, [, variable, setting]) => {
      const name = variable ?? setting!
      const value = /^[^\s"']*/.exec(safe.slice(end, end + 512))![0]
      return isSecret(value, names.ofField(name) >= Secrecy.TEXT ? Secrecy.ALL : Secrecy.NONE, false)
        ? end + value.length
        : end
    })
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
