/** The command line of this process, without what is secret in it. */
import { redactSecrets } from '../../redact.ts'

const SECRET_NAME =
  /(password|passwd|passphrase|passcode|secret|token)s?([-_.]|$)|(^|[-_.])(pass|pwd|(api|access|private|secret|signing|encryption|auth|license)[-_]?key|auth|authorization|credentials?|dsn|cookie|bearer|jwt|pat)([-_.]|$)/i
const SECRET_VALUE =
  /\b(gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|sk-[\w-]{16,}|sk_(live|test)_\w{10,}|A[KS]IA[A-Z0-9]{12,}|npm_\w{20,}|eyJ[\w-]{8,}\.[\w-]{8,}(\.[\w-]*)?)/g
/** Each such value has one of these in it, and is at least so long: what has none need not wait for the pattern to be compiled. */
const SECRET_PARTS = ['gh', 'github_pat_', 'glpat-', 'xox', 'sk-', 'sk_', 'KIA', 'SIA', 'npm_', 'eyJ']
const MIN_SECRET_VALUE = 15
/** `pat` and `dsn` are the shortest of the telling names. */
const MIN_SECRET_NAME = 3
const MAX_ARGUMENT_LENGTH = 1_000
const MASK = '***'

/** Masks the values of flags and variables with a telling name, user info in URLs, and what looks like a token wherever it stands. */
export function maskArguments(args: readonly string[]): string[] {
  let isSecret = false
  return args.map((arg) => {
    const masked = isSecret && !/^--?[a-z]/i.test(arg) ? MASK : maskArgument(arg)
    const name = /^--?([a-z][\w.-]*)$/i.exec(arg)?.[1]
    isSecret = name !== undefined && isSecretName(name)
    return masked.length > MAX_ARGUMENT_LENGTH ? `${masked.slice(0, MAX_ARGUMENT_LENGTH)}…` : masked
  })
}

function maskArgument(arg: string): string {
  const pair = arg.includes('=') && /^(-{0,2})([a-z][\w.-]*)=(.*)$/is.exec(arg.slice(0, 2 * MAX_ARGUMENT_LENGTH))
  if (pair && isSecretName(pair[2]!)) return `${pair[1]}${pair[2]}=${MASK}`
  return maskText(arg.slice(0, 2 * MAX_ARGUMENT_LENGTH))
}

/** The text without credentials, and without what looks like a token. */
export function maskText(text: string): string {
  const safe = redactSecrets(text)
  const mayHoldValue = safe.length >= MIN_SECRET_VALUE && SECRET_PARTS.some((part) => safe.includes(part))
  return mayHoldValue ? safe.replace(SECRET_VALUE, MASK) : safe
}

/** `--dbPassword` as well as `--db-password`. */
export function isSecretName(name: string): boolean {
  return name.length >= MIN_SECRET_NAME && SECRET_NAME.test(name.replace(/([a-z0-9])([A-Z])/g, '$1-$2'))
}
