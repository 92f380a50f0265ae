/** Who is at the other end: by tables as the kernel writes them, by another user of this machine, and without any help of the kernel. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ROUTES } from '../../../src/viewer/api.ts'
import { type Connection, type PeerHost, peerOf } from '../../../src/viewer/serve/peer-user.ts'
import { startHarness } from '../harness.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const row = (local: string, remote: string, uid: number, inode: number, state = '01') =>
  `   1: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0 20 4 30 10 -1`
const V4 = '0100007F'
const V6 = '00000000000000000000000001000000'
const MAPPED = '0000000000000000FFFF00000100007F'
const ours = { localAddress: '127.0.0.1', localPort: 14319, remoteAddress: '127.0.0.1', remotePort: 40000 }
const [SERVER, CLIENT] = [':37EF', ':9C40']

const host = (tcp: string[], tcp6: string[] = [], platform: NodeJS.Platform = 'linux'): PeerHost => ({
  platform,
  uid: 1000,
  readTable: (name) => [HEAD, ...(name === 'tcp' ? tcp : tcp6)].join('\n'),
})

test.for<[title: string, connection: Connection, host: PeerHost, peer: string]>([
  ['our own user', ours, host([row(V4 + CLIENT, V4 + SERVER, 1000, 7)]), 'own'],
  ['the superuser', ours, host([row(V4 + CLIENT, V4 + SERVER, 0, 7)]), 'own'],
  ['another user', ours, host([row(V4 + CLIENT, V4 + SERVER, 1001, 7)]), 'foreign'],
  [
    'a socket that is closed: its row has uid 0 and no inode',
    ours,
    host([row(V4 + CLIENT, V4 + SERVER, 0, 0, '06')]),
    'foreign',
  ],
  [
    'our own port 40000 on ::1 proves nothing for 127.0.0.1',
    ours,
    host([], [row(V6 + CLIENT, V6 + SERVER, 1000, 7)]),
    'foreign',
  ],
  ['a connection of ours from that port to another', ours, host([row(V4 + CLIENT, `${V4}:1F90`, 1000, 7)]), 'foreign'],
  ['our own side of the connection', ours, host([row(V4 + SERVER, V4 + CLIENT, 1000, 7)]), 'foreign'],
  [
    'IPv6',
    { ...ours, localAddress: '::1', remoteAddress: '::1' },
    host([], [row(V6 + CLIENT, V6 + SERVER, 1000, 7)]),
    'own',
  ],
  ['IPv4 out of a socket for IPv6', ours, host([], [row(MAPPED + CLIENT, MAPPED + SERVER, 1000, 7)]), 'own'],
  [
    'a mapped address on our side',
    { ...ours, remoteAddress: '::ffff:127.0.0.1', localAddress: '::ffff:127.0.0.1' },
    host([row(V4 + CLIENT, V4 + SERVER, 1001, 7)]),
    'foreign',
  ],
  ['macOS', ours, host([], [], 'darwin'), 'unknown'],
  ['Windows', ours, { platform: 'win32', uid: undefined, readTable: () => undefined }, 'unknown'],
  ['Linux without /proc', ours, { platform: 'linux', uid: 1000, readTable: () => undefined }, 'unknown'],
])('%s', ([, connection, on, peer]) => {
  expect(peerOf(connection, on)).toBe(peer)
})

describe.skipIf(process.getuid?.() !== 0)('two users on one machine (needs root, to become another)', () => {
  const ask = async (port: number, address: string, path: string, cookie = ''): Promise<string> => {
    const child = spawn(
      'node',
      [
        '-e',
        `require('http').get({ host: '${address}', port: ${port}, path: '${path}', headers: { host: 'localhost:${port}', cookie: '${cookie}' } }, (response) => {
          console.log(response.statusCode, response.headers['set-cookie'] ?? '')
          response.resume()
        })`,
      ],
      { uid: 65_534, gid: 65_534, cwd: '/', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } },
    )
    let text = ''
    for await (const chunk of child.stdout) text += chunk
    return text.trim()
  }

  test('the other one gets no page, no cookie, and nothing for a cookie that was stolen', async () => {
    await using viewer = await startHarness({
      // tests run as root, whom the kernel lets read anything: for this test the viewer is that of an ordinary user
      peerOf: (connection) => peerOf(connection, { platform: 'linux', uid: 1, readTable: (name) => readTable(name) }),
    })
    const { port } = viewer.server
    for (const address of ['127.0.0.1', '::1']) expect(await ask(port, address, '/')).toBe('403')
    const page = await viewer.fetch('/')
    const cookie = page.headers.get('set-cookie')!.split(';')[0]!
    expect((await fetch(`${viewer.server.url}${ROUTES.status}`, { headers: { cookie } })).status).toBe(200)
    for (const address of ['127.0.0.1', '::1']) expect(await ask(port, address, ROUTES.status, cookie)).toBe('403')
  })
})

function readTable(name: string): string {
  return readFileSync(`/proc/net/${name}`, 'latin1')
}

describe('where the kernel does not tell', () => {
  test('the pages open with a key, once; then the browser is known', async () => {
    await using viewer = await startHarness({ peerOf: () => 'unknown' })
    const open = (path: string, headers: Record<string, string> = {}) =>
      fetch(viewer.server.url + path, { headers, redirect: 'manual' })
    expect((await open('/')).status).toBe(401)
    expect((await open('/traces?key=wrong')).status).toBe(401)
    const response = await viewer.fetch(ROUTES.key, { method: 'POST' })
    const { key } = (await response.json()) as { key: string }
    const opened = await open(`/traces?q=x&key=${key}`)
    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/traces?q=x'])
    expect((await open(`/traces?key=${key}`)).status).toBe(401)
    const cookie = opened.headers.get('set-cookie')!.split(';')[0]!
    expect((await open('/traces?q=x', { cookie })).status).toBe(200)
    expect((await open(ROUTES.status, { cookie })).status).toBe(200)
    expect((await fetch(viewer.server.url + ROUTES.key, { method: 'POST' })).status).toBe(401)
  })

  test('a cookie ends with the viewer that gave it, though the token stays', async () => {
    const token = 'x'.repeat(32)
    const cookieOf = async () => {
      await using viewer = await startHarness({ token, peerOf: () => 'own' })
      return (await viewer.fetch('/')).headers.get('set-cookie')!.split('=')[1]!.split(';')[0]
    }
    expect(await cookieOf()).not.toBe(await cookieOf())
  })
})
