/** Finds the proxy for an address the way curl does: `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, in either case. */
import { hostOf, portOf, withoutBrackets } from '../../url-host.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The proxy's URL, or undefined for a direct connection. */
export function findProxy(target: URL, env: Environment): URL | undefined {
  const read = (name: string): string | undefined => env[name]?.trim() || env[name.toUpperCase()]?.trim() || undefined
  const text = read(`${target.protocol.slice(0, -1)}_proxy`) ?? read('all_proxy')
  if (text === undefined || isExempt(target, read('no_proxy') ?? '')) return undefined
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  if (!URL.canParse(full)) return undefined
  const proxy = new URL(full)
  return proxy.protocol === 'http:' || proxy.protocol === 'https:' ? proxy : undefined
}

function isExempt(target: URL, list: string): boolean {
  const host = hostOf(target).toLowerCase()
  const port = String(portOf(target))
  return list
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => matches(entry.toLowerCase(), host, port))
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  const withPort = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry)
  if (withPort && withPort[2] !== port) return false
  const name = withoutBrackets(withPort?.[1] ?? entry).replace(/^\*?\./, '')
  return name.includes('/') ? isInSubnet(host, name) : host === name || host.endsWith(`.${name}`)
}

function isInSubnet(host: string, subnet: string): boolean {
  const [address, bits] = subnet.split('/') as [string, string]
  const toNumber = (ip: string): number | undefined => {
    const parts = ip.split('.').map(Number)
    return parts.length === 4 && parts.every((part) => part >= 0 && part <= 255)
      ? parts.reduce((sum, part) => sum * 256 + part, 0)
      : undefined
  }
  const [a, b] = [toNumber(host), toNumber(address)]
  const size = 2 ** (32 - Number(bits))
  return a !== undefined && b !== undefined && Number(bits) <= 32 && Math.floor(a / size) === Math.floor(b / size)
}
