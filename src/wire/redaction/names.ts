/** Which names say that their value is a secret. Whole words count: `token` is one, `tokenize`, `tokens_used` and `author` are none. */
import { wordsOf } from './words.ts'

/** How sure a name is of its value. */
export const Secrecy = {
  NONE: 0,
  /** A secret when it looks like one: `signature`, `state`. */
  IF_OPAQUE: 1,
  /** A text is a secret, a number is a count. */
  TEXT: 2,
  /** A number is a secret as well: `pin`, `otp`, `password`. */
  ALL: 3,
} as const
export type Secrecy = (typeof Secrecy)[keyof typeof Secrecy]

export interface Names {
  /** Of an attribute, or of a field at any depth. */
  ofField(name: string): Secrecy
  /** Of a parameter in the query or fragment of a URL, where more names are secrets. */
  ofParameter(name: string): Secrecy
}

const MAX_REMEMBERED = 5000
/** A secret in another form is a secret. */
const FORMS = listed(
  'hash hashed value confirmation confirm repeat again salt plain plaintext encrypted header base64 pem old new current v',
)
const ALL = listed(
  `password passwords passwd passphrase passcode secret secrets pin otp totp cvv cvc ssn creditcard creditcards cardnumber creditcardnumber ccnumber
  ccnum pannumber cardcvc cardcvv socialsecuritynumber socialsecurity mfacode otpcode verificationcode securitycode resetcode onetimecode
  twofactorcode smscode backupcode backupcodes recoverycode recoverycodes`,
)
const TEXTS = listed(
  `token jwt bearer authorization cookie cookies credential credentials apikey apikeys csrf xsrf pwd pw pass accesskey accesskeyid accesskeys secretkeyid privatekeyid apikeyid privatekey
  privatekeys secretkey secretkeys signingkey encryptionkey decryptionkey licensekey accountkey sharedkey sharedaccesskey sharedaccesssignature masterkey
  subscriptionkey servicekey authkey hmackey sessionkey clientkey appkey consumerkey sessionid sessionids sessid jsessionid phpsessid accesstokens
  refreshtokens authtokens apitokens sessiontokens accesscode authcode authorizationcode samlresponse samlrequest userpass dbpass codeverifier connectsid sshkey dpop
  secretkeybase passkey licencekey functionskey idtokenhint castgc`,
)
const OPAQUE = listed('sig signature sid auth session ticket saml sso hmac oauth keypairid')
const OPAQUE_PARAMETERS = listed('state nonce policy')
/** These are parts of other names as well, such as `country_code`: the parameter has to be called so. */
const WHOLE_PARAMETERS = listed('code sid sso saml pw sess session')
const OPAQUE_WHOLE_PARAMETERS = listed('key sas magic invite verify activation private access')
const PARAMETERS = listed(
  `sig sign signed signature auth authentication hmac accesskeyid publickey publickeyid consumerid devicecode usercode keypairid magiclink assertion
  clientassertion oauthverifier samlart ticket invitecode logincode sessid authenticity googleaccessid requesttoken`,
)
const ENDINGS = [
  'password', 'passwd', 'passphrase', 'secret', 'token', 'apikey', 'accesskey', 'privatekey', 'secretkey', 'cookie',
] // biome-ignore format: two lines read better
/** Names of the semantic conventions that sound like secrets: ids which users of a back end look for. */
const HARMLESS = /(^|\.)session\.(previous_)?id$|^gen_ai\.|^otel\.|^aws\.secretsmanager\./

/** @param further names that are secrets too */
export function createNames(further: readonly string[] = []): Names {
  const own = further.map((name) => wordsOf(name).join('')).filter((name) => name !== '')
  const isOwn = own.length === 0 ? () => false : (words: readonly string[]) => endsWithOne(words, own)
  const judgeField = (name: string): Secrecy => {
    const words = wordsOf(name)
    if (isOwn(words)) return Secrecy.ALL
    return HARMLESS.test(name) ? Secrecy.NONE : judge(withoutForms(words))
  }
  const judgeParameter = (name: string): Secrecy => {
    const decoded = decode(name)
    const words = wordsOf(decoded)
    if (isOwn(words)) return Secrecy.ALL
    if (words.length === 1 && WHOLE_PARAMETERS.has(words[0]!)) return Secrecy.ALL
    const bare = withoutForms(words)
    if (endsWithAny(bare, PARAMETERS) || judge(bare) >= Secrecy.TEXT) return Secrecy.ALL
    const isOpaque =
      endsWithAny(bare, OPAQUE_PARAMETERS) || (words.length === 1 && OPAQUE_WHOLE_PARAMETERS.has(words[0]!))
    return isOpaque ? Secrecy.IF_OPAQUE : judge(bare)
  }
  return { ofField: remembering(judgeField), ofParameter: remembering(judgeParameter) }
}

function judge(words: readonly string[]): Secrecy {
  if (endsWithAny(words, ALL)) return Secrecy.ALL
  if (endsWithAny(words, TEXTS)) return Secrecy.TEXT
  const last = words.at(-1) ?? ''
  const ending = ENDINGS.find((word) => last.endsWith(word))
  if (ending !== undefined) return ALL.has(ending) ? Secrecy.ALL : Secrecy.TEXT
  return endsWithAny(words, OPAQUE) ? Secrecy.IF_OPAQUE : Secrecy.NONE
}

/** The last word, or the last two, three or four together. */
function endsWithAny(words: readonly string[], set: ReadonlySet<string>): boolean {
  let text = ''
  for (let index = words.length - 1; index >= 0 && index >= words.length - 4; index--) {
    text = words[index] + text
    if (set.has(text)) return true
  }
  return false
}

function endsWithOne(words: readonly string[], names: readonly string[]): boolean {
  let text = ''
  for (let index = words.length - 1; index >= 0; index--) {
    text = words[index] + text
    if (names.includes(text)) return true
  }
  return false
}

function withoutForms(words: readonly string[]): readonly string[] {
  let end = words.length
  while (end > 1 && FORMS.has(words[end - 1]!)) end--
  return end === words.length ? words : words.slice(0, end)
}

function decode(name: string): string {
  if (!name.includes('%')) return name
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

function listed(names: string): ReadonlySet<string> {
  return new Set(names.split(/\s+/))
}

/** Names repeat; those of a flood are forgotten again. */
function remembering<Result>(judge: (name: string) => Result): (name: string) => Result {
  const known = new Map<string, Result>()
  return (name) => {
    const hit = known.get(name)
    if (hit !== undefined) return hit
    if (known.size >= MAX_REMEMBERED) known.clear()
    const result = judge(name)
    known.set(name, result)
    return result
  }
}
