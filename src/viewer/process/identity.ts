/** Asks who answers on a port: the viewer of this user proves that it knows the token, without either side sending it. */
import { randomBytes } from 'node:crypto'
import { type Health, type PageKey, ROUTES, VIEWER_NAME } from '../api.ts'
import { prove } from '../serve/security.ts'

export interface Identity {
  readonly version: string
}

const TIMEOUT_MILLIS = 1000

/** Undefined when nobody answers in time, or somebody else does. */
export async function identify(port: number, token: string): Promise<Identity | undefined> {
  const challenge = randomBytes(16).toString('hex')
  try {
    const health = JSON.parse(await request(port, 'GET', `/healthz?challenge=${challenge}`)) as Partial<Health> | null
    const isOurs = health?.name === VIEWER_NAME && health.proof === prove(token, challenge)
    return isOurs ? { version: String(health.version) } : undefined
  } catch {
    return undefined
  }
}

/** Asks a viewer to end; it is given the token only after `identify` has told who it is. */
export async function askToEnd(port: number, token: string): Promise<void> {
  await request(port, 'POST', ROUTES.shutdown, { authorization: `Bearer ${token}` })
}

/** The address that opens the pages: with a key where this machine doesn't tell who asks. */
export async function openingAddress(url: string, port: number, token: string): Promise<string> {
  if (process.platform === 'linux') return url
  try {
    const { key } = JSON.parse(await request(port, 'POST', ROUTES.key, { authorization: `Bearer ${token}` })) as PageKey
    return `${url}/?key=${key}`
  } catch {
    return url
  }
}

async function request(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<string> {
  // loaded late: this may run in a process whose node:http is instrumented afterwards
  const { request: send } = await import('node:http')
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, headers: { ...headers, host: `localhost:${port}` } }
    const outgoing = send({ ...options, agent: false, timeout: TIMEOUT_MILLIS }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > 10_000) outgoing.destroy(new Error('the answer is too long'))
      })
      response.on('end', () => resolve(text))
      response.on('error', reject)
    })
    const deadline = setTimeout(() => outgoing.destroy(new Error('no answer')), TIMEOUT_MILLIS)
    outgoing.on('close', () => clearTimeout(deadline))
    outgoing.on('error', reject)
    outgoing.end()
  })
}
