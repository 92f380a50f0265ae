/** Tells which user of this machine a loopback connection comes from, where the kernel shows it (Linux). */
import { readFileSync } from 'node:fs'

/** Both ends of a connection, as our side of it sees them. */
export interface Connection {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}

export type Peer = 'own' | 'foreign' | 'unknown'

export interface PeerHost {
  readonly platform: NodeJS.Platform
  readonly uid: number | undefined
  /** The text of `/proc/net/tcp` or `/proc/net/tcp6`; undefined where there is none. */
  readTable(name: 'tcp' | 'tcp6'): string | undefined
}

const THIS_HOST: PeerHost = {
  platform: process.platform,
  uid: process.getuid?.(),
  readTable(name) {
    try {
      return readFileSync(`/proc/net/${name}`, 'latin1')
    } catch {
      return undefined
    }
  },
}

/**
 * Looks up the other end of the connection among the sockets of this machine, by both addresses and both ports. A socket that no process
 * holds any more has no inode, and tells nothing. The superuser can read everything anyway.
 */
export function peerOf(connection: Connection, host: PeerHost = THIS_HOST): Peer {
  if (host.platform !== 'linux' || host.uid === undefined) return 'unknown'
  let answer: Peer = 'unknown'
  for (const name of ['tcp', 'tcp6'] as const) {
    const table = host.readTable(name)
    if (table === undefined) continue
    const uid = uidIn(table, connection)
    if (uid !== undefined) return uid === host.uid || uid === 0 ? 'own' : 'foreign'
    answer = 'foreign'
  }
  return answer
}

function uidIn(table: string, { remoteAddress, remotePort, localAddress, localPort }: Connection): number | undefined {
  if (!remoteAddress || !localAddress || !remotePort || !localPort) return undefined
  const theirs = endpoints(remoteAddress, remotePort)
  const ours = endpoints(localAddress, localPort)
  for (const line of table.split('\n')) {
    const [, local, remote, , , , , uid, , inode] = line.trim().split(/\s+/)
    if (local !== undefined && theirs.includes(local) && ours.includes(remote!) && inode !== '0') return Number(uid)
  }
  return undefined
}

/** As the kernel writes it: words of four bytes, each with its last byte first. An IPv4 address may stand in a socket for IPv6. */
function endpoints(address: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const [, v4] = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (v4 === undefined) return address === '::1' ? [`${'0'.repeat(24)}01000000${suffix}`] : []
  const word = v4
    .split('.')
    .reverse()
    .map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, '0'))
    .join('')
  return [word + suffix, `${'0'.repeat(16)}FFFF0000${word}${suffix}`]
}
