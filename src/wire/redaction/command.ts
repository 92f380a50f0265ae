/** Masks what a command of Redis, Valkey or Memcached stores or proves; keys stay. */

/** What the instrumentations leave out themselves. */
const LEFT_OUT = /^\[\d+ other arguments?\]$/
/** Commands whose arguments are keys, counts, cursors and options. */
const READERS =
  /^(?:get|gets|mget|getrange|getdel|getex|strlen|exists|del|unlink|type|ttl|pttl|expire|pexpire|expireat|pexpireat|expiretime|pexpiretime|persist|keys|scan|sscan|hscan|zscan|randomkey|rename|renamenx|copy|dump|touch|object|sort|sort_ro|incr|incrby|incrbyfloat|decr|decrby|hget|hmget|hgetall|hkeys|hvals|hlen|hexists|hdel|hstrlen|hincrby|hincrbyfloat|hrandfield|llen|lrange|lindex|ltrim|lpop|rpop|lmpop|blpop|brpop|brpoplpush|rpoplpush|lmove|blmove|scard|smembers|spop|srandmember|sinter|sinterstore|sintercard|sunion|sunionstore|sdiff|sdiffstore|zcard|zcount|zrange|zrangebyscore|zrevrange|zrevrangebyscore|zpopmin|zpopmax|bzpopmin|bzpopmax|zunionstore|zinterstore|zremrangebyrank|zremrangebyscore|pfcount|pfmerge|bitcount|bitpos|bitop|getbit|setbit|xlen|xrange|xrevrange|xread|xreadgroup|xack|xdel|xtrim|xpending|xclaim|xautoclaim|xinfo|xgroup|geodist|geopos|geohash|multi|exec|discard|watch|unwatch|info|dbsize|time|select|swapdb|flushdb|flushall|wait|cluster|memory|command|readonly|readwrite|asking|subscribe|unsubscribe|psubscribe|punsubscribe|ssubscribe|slowlog|latency|lastsave|bgsave|bgrewriteaof|role|quit|reset|delete|decrement|increment|stats|version)$/i
/** So many arguments before the values: keys, fields, channels. */
const WRITERS: Readonly<Record<string, number>> = {
  set: 1, setnx: 1, setex: 2, psetex: 2, setrange: 2, getset: 1, append: 1, mset: 1, msetnx: 1, hset: 2, hmset: 2, hsetnx: 2, lpush: 1, lpushx: 1,
  rpush: 1, rpushx: 1, lset: 2, linsert: 2, lrem: 2, lpos: 1, sadd: 1, srem: 1, sismember: 1, smismember: 1, smove: 2, zadd: 1, zrem: 1, zscore: 1,
  zmscore: 1, zrank: 1, zrevrank: 1, zincrby: 2, zrangebylex: 1, zlexcount: 1, pfadd: 1, publish: 1, spublish: 1, xadd: 2, geoadd: 1, georadius: 1,
  geosearch: 1, restore: 2, add: 1, replace: 1, prepend: 1, cas: 1,
} // biome-ignore format: a table
/** The word after these is part of the command. */
const CONTAINERS = /^(?:config|script|function|client|acl|debug)$/i
const HARMLESS_PARTS =
  /^(?:get|resetstat|rewrite|exists|flush|kill|list|stats|id|info|getname|pause|unpause|reply|no-evict|no-touch|tracking|trackinginfo|whoami|cat|log|sleep)$/i

/** The readers seen last: a program uses few, and to compare is quicker than to take the name out. */
const recent: string[] = []
const MAX_RECENT = 8

/** @example maskCommand('SET user:17 hunter2') // 'SET user:17 ?' */
export function maskCommand(text: string): string {
  for (const reader of recent) if (text.startsWith(reader) && text.charCodeAt(reader.length) === 32) return text
  const name = wordAt(text, 0)
  const command = text.slice(name.start, name.end).toLowerCase()
  if (name.end === text.length) return text
  if (READERS.test(command)) {
    if (name.start === 0 && recent.push(text.slice(0, name.end)) > MAX_RECENT) recent.shift()
    return text
  }
  if (CONTAINERS.test(command)) {
    const part = wordAt(text, name.end)
    const isHarmless = HARMLESS_PARTS.test(text.slice(part.start, part.end)) && command !== 'acl'
    return isHarmless ? text : withoutRest(text, part.end)
  }
  let end = name.end
  const kept = Object.hasOwn(WRITERS, command) ? WRITERS[command]! : 0
  for (let count = 0; count < kept && end < text.length; count++) end = wordAt(text, end).end
  return withoutRest(text, end)
}

function withoutRest(text: string, end: number): string {
  const rest = text.slice(end, end + 64).trim()
  if (rest === '' || LEFT_OUT.test(rest) || /^\?(?: \?)*$/.test(rest)) return text
  const leftOut = /\[\d+ other arguments?\]$/.exec(text.slice(-40))?.[0]
  return `${text.slice(0, end)} ?${leftOut ? ` ${leftOut}` : ''}`
}

function wordAt(text: string, from: number): { start: number; end: number } {
  let start = from
  while (start < text.length && text.charCodeAt(start) <= 32) start++
  let end = start
  while (end < text.length && text.charCodeAt(end) > 32) end++
  return { start, end }
}
