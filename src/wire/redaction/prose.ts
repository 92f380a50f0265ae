/** Masks secrets that a sentence tells: `the password is hunter2`, `using token 9f3ab…`. What holds no digit and no sign is a word: `the token is invalid`. */
import { MASK } from './tokens.ts'

/** Each of the names below has one of these in it; to look for them costs a tenth of the whole expression. */
const NAME = /pass[wpc]|secret|token|key/i
/** A value begins at once behind these words, so each name is tried once. */
const TOLD =
  /(?<![\w-])((?:(?:using|with) (?:(?:the|new|access|refresh|client|auth|id|api|bearer) ){0,2})?)([\w-]{0,40}(?:password|passwd|passphrase|passcode|secret|token)|(?:api|access|private|secret|encryption|signing)[ _-]?key)( (?:(?:is|was)(?: now)?|(?:(?:is|was) )?(?:set|changed|reset) to):? | ?[-=]> ?| \(| )([^\s"'`,;()<>]{6,200})/gi
const HAS_DIGIT = /^(?=\D{0,199}\d)(?=[^a-z]{0,199}[a-z])/i
const HAS_SIGN = /^[a-z0-9]{1,60}[!@#$%^*+~][\w!@#$%^*+~-]{2}/i
/** Encodings, algorithms and amounts; paths, variables and addresses, which say where a secret is kept. */
const WORD =
  /^(?:(?:base|sha|md|aes|rsa|rs|es|hs|ps|bcrypt|argon|oauth|utf|pbkdf|x|v|k8|ed|hmac)-?\d[\w.-]{0,20}|\d{1,6}-?(?:ms|s|m|h|d|min|mins|sec|secs|hours?|days?|[kmg]?b|bytes?|bits?|chars?|characters?|th|st|nd|rd)|[./~$%{[\\].{0,200}|[a-z]{1,20}:\/\/.{0,200}|[\w./-]{1,200}\.(?:[cm]?[jt]sx?|json|ya?ml|pem|key|txt|env|toml|ini|p12|crt)(?::\d{1,6}){0,2}|process\.env.{0,100})[.:!?]?$/i
/** `db-main-2` is how a token or a secret is called. */
const LABEL = /^(?:[a-z]{1,20}\d{0,3}[-_./:#]){0,8}[a-z]{1,20}[-_./:#]?\d{0,3}[.:!?]?$/i
const UNEXPECTED = /\b(?:unexpected|illegal|next) $/i

export function maskTold(text: string): string {
  if (!NAME.test(text)) return text
  return text.replace(TOLD, (whole, lead: string, name: string, gap: string, value: string, at: number) => {
    // `password hunter2` alone may be anything
    if (gap === ' ' && lead === '') return whole
    if (value.startsWith(MASK) || WORD.test(value)) return whole
    if (!HAS_DIGIT.test(value) && !HAS_SIGN.test(value)) return whole
    if (/(?:token|secret|key)$/i.test(name) && LABEL.test(value)) return whole
    if (UNEXPECTED.test(text.slice(Math.max(0, at - 12), at))) return whole
    const end = /[.:!?]$/.exec(value)?.[0] ?? ''
    return `${lead}${name}${gap}${MASK}${end}`
  })
}
