/** Secrets that a sentence tells, or whose names are written in other ways, and sentences that only look like them. */
import { expect, test } from 'vitest'
import { DEFAULT_REDACTOR } from '../../../src/wire/redaction/redactor.ts'

const C = 'hunter2!x9Q'
const SECRETS = [
  `the password is ${C}`,
  `Password was ${C}.`,
  `the token is 9f3ab22c81d`,
  `using token 9f3ab22c81d for user`,
  `using access token ${C} for login`,
  `with the client secret ${C}`,
  `api key is 9f3ab22c81d44`,
  `password set to ${C}`,
  `new password -> ${C}`,
  `passphrase => ${C}`,
  `{"pass\\u0077ord":"${C}"}`,
  `{"\\u0070assword":"${C}"}`,
  `{"a":"{\\"api\\u004bey\\":\\"${C}\\"}"}`,
  `["Cookie","sid=${C}"]`,
  `Content-Disposition: form-data; name="password"\r\n\r\n${C}\r\n--x`,
  `ENV DB_PASSWORD ${C}`,
  `htpasswd -b file user ${C}`,
  `xapp-1-A0B1C2D3E4-123456789`,
  `glrt-abcdefgh1234567890`,
  `gsk_abcdefghijklmnopqrstuvwx12`,
  `--db.password ${C}`,
  `secret (${C})`,
  `machine h login u password swordfish`,
  `https://u:${C}@h/p`,
  `mongodb+srv://u:${C}@h/db`,
  `Server=h;User Id=u;Pwd=${C};`,
  `client_secret=${C}&x=1`,
  `dbPassword: ${C}`,
  `X-Api-Key: ${C}`,
  `Authorization: Basic dXNlcjpodW50ZXIyeDk=`,
]
const HARMLESS = [
  'the password is required',
  'the token is invalid',
  'token was expired 3 days ago',
  'password is too short (min 8)',
  'password must have 8 characters',
  'api key is missing',
  'secretary is here',
  'passwordless login',
  'tokenize the text',
  'the secret is base64',
  'token is 32 bytes',
  'key is user-1',
  'using token user-token-2',
  'using key id-7',
  'login u password wrong',
  'Unexpected token is x',
  'token type is bearer',
  'secret is stored in /run/secrets/db1',
  'secret is in vault.json',
  'password is $DB_PASSWORD',
  'password changed to null',
  'the key is 42',
  'encryption key is rotated',
  'password reset to default',
  'monkey is 9years',
  'a keyboard was h4cked',
  'kentucky',
  'credit was $500.00',
  'dapi',
  'token count is 1,234',
  'secret is process.env.SECRET1',
  'the token is "access"',
  'password was 8chars',
  'token -> TokenStream<u8>',
]

test.for(SECRETS)('masked: %j', (text) => {
  const safe = DEFAULT_REDACTOR.text('note', text)
  expect(safe).toContain('REDACTED')
  expect(safe).not.toContain(C)
})

test.for(HARMLESS)('unchanged: %j', (text) => {
  expect(DEFAULT_REDACTOR.text('note', text)).toBe(text)
})

test('a megabyte of beginnings takes no longer than it is long', () => {
  const beginnings = [
    'the password is ',
    'token ',
    '["cookie","',
    '\\u0061',
    'form-data; name="a"\r\n',
    'key -> ',
    'login a password ',
  ]
  for (const beginning of beginnings) {
    const short = timeOf(beginning.repeat(10_000))
    expect(timeOf(beginning.repeat(80_000)) / Math.max(short, 1)).toBeLessThan(60)
  }
})

function timeOf(text: string): number {
  const times = [0, 1, 2].map(() => {
    const start = performance.now()
    DEFAULT_REDACTOR.text('note', text)
    return performance.now() - start
  })
  return Math.min(...times)
}
