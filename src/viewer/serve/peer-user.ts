/** Tells, where the kernel shows it (Linux), whether a loopback connection comes from another user of this machine. */
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

/** False when it cannot be told. The superuser can read everything anyway. */
export function isForeignUser(socket: Socket, port: number): boolean {
  if (process.platform !== 'linux' || !process.getuid) return false
  const uid = uidOfPeer(socket.remotePort, port)
  return uid !== undefined && uid !== 0 && uid !== process.getuid()
}

function uidOfPeer(remotePort: number | undefined, port: number): number | undefined {
  if (remotePort === undefined) return undefined
  const pattern = new RegExp(
    `^\\s*\\d+: [0-9A-F]+:${hex(remotePort)} [0-9A-F]+:${hex(port)} \\w+ \\S+ \\S+ \\S+\\s+(\\d+)`,
    'm',
  )
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const uid = pattern.exec(read(table))?.[1]
    if (uid !== undefined) return Number(uid)
  }
  return undefined
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
