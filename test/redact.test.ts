/** What is printed: no secret in any spelling, one line, nothing a terminal obeys, and in time that grows with the length only. */
import { expect, test } from 'vitest'
import { cleanText, redactSecrets, rememberSecret } from '../src/redact.ts'

const SECRET = 'sEcReT/t0k+n=Ü9'
rememberSecret(SECRET)

test.for<[string, string]>([
  ['as it is', `echo ${SECRET} end`],
  ['percent-encoded where it must be', `echo ${encodeURIComponent(SECRET)} end`],
  ['percent-encoded throughout', `echo ${percent(SECRET)} end`],
  [
    'percent-encoded throughout, in small letters',
    `echo ${percent(SECRET).toLowerCase().replaceAll('%c3%9c', '%C3%9c')} end`,
  ],
  ['percent-encoded twice', `echo ${encodeURIComponent(percent(SECRET))} end`],
  [
    'as JSON escapes',
    `echo ${[...SECRET].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')} end`,
  ],
  ['in base64', `echo ${base64(SECRET)} end`],
  ['in base64, with a user before it', `authorized as Basic ${base64(`me:${SECRET}`)} end`],
  ['in base64, with two letters before and some after', `x ${base64(`ab${SECRET}cdefg`)} end`],
  ['in URL-safe base64', `x ${Buffer.from(`abc${SECRET}`).toString('base64url')} end`],
  ['as user info of a URL', `at https://${encodeURIComponent(SECRET)}@host/x end`],
  ['as password in a URL', `at postgres://me:${encodeURIComponent(SECRET)}@host/x end`],
])('a remembered secret is masked %s', ([, text]) => {
  const safe = redactSecrets(text)
  expect(safe).toContain('***')
  expect(safe).toMatch(/ end$/)
  for (const spelling of [SECRET, encodeURIComponent(SECRET), percent(SECRET), base64(SECRET).slice(2, -4)])
    expect(safe).not.toContain(spelling)
  expect(decodeURIComponent(safe.replaceAll('\\u', '%u').replace(/%u/g, ''))).not.toContain('sEcReT')
})

test.for([
  ['authorization: Bearer abc123', 'authorization: ***'],
  ['{"authorization":"Basic eHg6eXk="}', '{"authorization":"***"}'],
  ['uptrace-dsn=https://x.y', 'uptrace-dsn=***'],
  ['?token=abc&x=1', '?token=***&x=1'],
  ['redis://:hunter2@cache:6379/0', 'redis://***@cache:6379/0'],
  ['https://a:b@c@host/', 'https://***@host/'],
  ['expected https://<token>@host', 'expected https://<token>@host'],
  ['does not have a token (expected https://<token>@host)', 'does not have a token (expected https://<token>@host)'],
  ['https://api.uptrace.dev/v1/traces', 'https://api.uptrace.dev/v1/traces'],
  ['mail a@b.example, see https://host/@scope/x', 'mail a@b.example, see https://host/@scope/x'],
] as const)('%s is shown as %s', ([text, safe]) => {
  expect(redactSecrets(text)).toBe(safe)
})

test.for([
  ['a newline', 'one\ntwo\r\nthree', 'one two three'],
  ['a colour', 'a \x1b[31mred\x1b[0m b', 'a red b'],
  ['the one-byte form of a sequence', 'a \x9b31mred b', 'a red b'],
  ['a window title', 'a \x1b]0;title\x07b', 'a b'],
  ['a link', 'a \x1b]8;;http://x\x1b\\text', 'a text'],
  ['an unfinished sequence', 'a \x1b[31', 'a  [31'],
  ['bells and backspaces', 'a\x07\x08\x00b', 'a b'],
  ['letters in reverse', 'a\u202egnp.exe', 'a gnp.exe'],
  ['separators of lines', 'a\u2028b\u2029c', 'a b c'],
  ['half an emoji', 'a\ud83d', 'a\ufffd'],
] as const)('%s does not reach the terminal', ([, text, safe]) => {
  expect(cleanText(text)).toBe(safe)
})

test('a long line is cut, and a secret at the cut is not shown by half', () => {
  const text = cleanText(`${'x'.repeat(4_090)} https://${'s'.repeat(300)}@host ${'y'.repeat(100_000)}`)
  expect(text.length).toBeLessThan(4_200)
  expect(text).not.toContain('sss')
})

test.for([
  'a.a.a.',
  'a://',
  '://',
  'token ',
  'token=x ',
  'authorization: basic ',
  '\x1b[',
  '\x1b]',
  '\x9d',
  '%25',
  'https://a@',
  '"\t',
  SECRET.slice(0, -1),
])('%j a hundred thousand times takes no time to speak of', (part) => {
  const text = part.repeat(Math.ceil(600_000 / part.length))
  const started = performance.now()
  redactSecrets(text)
  cleanText(text)
  expect(performance.now() - started).toBeLessThan(3_000)
})

function percent(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
