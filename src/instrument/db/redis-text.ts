/** What a Redis command says of its arguments: keys, and not the values that are stored. */

/** From OpenTelemetry's `redis-common`: how many arguments are shown, -1 for all. */
const SHOWN: ReadonlyArray<readonly [RegExp, number]> = [
  [/^ECHO/i, 0],
  [/^(GETSET|LPUSH|MSET|PFA|PSETEX|PUBLISH|RPUSH|SADD|SET|SPUBLISH|XADD|ZADD)/i, 1],
  [/^(HSET|HMSET|LSET|LINSERT)/i, 2],
  [/^(ACL|CONFIG)/i, 1],
  [
    /^(BIT|B[LRZ]|CLIENT|CLUSTER|COMMAND|DECR|DEL|EVAL|EX|FUNCTION|GEO|GET|HINCR|HMGET|HSCAN|INCR|L[TRLM]|MEMORY|P[EFISTU]|RPOP|S[CDIMORSU]|XACK|X[CDGILPRT]|Z[CDILMPRS])/i,
    -1,
  ],
]
/** Names come from the application. */
const MAX_NAMES = 1_000
const known = new Map<string, number>()

export function redisText(name: string, args: unknown): string {
  if (!Array.isArray(args) || args.length === 0) return name
  const shown = shownOf(name)
  if (shown < 0 || shown === args.length)
    return args.length === 1 ? `${name} ${textOf(args[0])}` : `${name} ${args.join(' ')}`
  const hidden = `[${args.length - shown} other arguments]`
  if (args.length < shown) return `${name} ${args.join(' ')}`
  return shown === 0 ? `${name} ${hidden}` : `${name} ${args.slice(0, shown).join(' ')} ${hidden}`
}

/** As `join` makes it. */
const textOf = (value: unknown): string => (value === null || value === undefined ? '' : String(value))

function shownOf(name: string): number {
  let shown = known.get(name)
  if (shown === undefined) {
    shown = SHOWN.find(([pattern]) => pattern.test(name))?.[1] ?? 0
    if (known.size >= MAX_NAMES) known.clear()
    known.set(name, shown)
  }
  return shown
}
