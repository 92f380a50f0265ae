/** A service in a process of its own that calls back whatever it is told, by node:http or fetch, and the harness that asks it. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type RunOptions, type RunResult, runSource } from '../support/run-node.ts'

export interface Relay {
  /** Sends one request with these headers and returns the headers of each callback. */
  ask(
    client: 'http' | 'fetch',
    headers: ReadonlyArray<readonly [string, string]>,
    callbacks?: number,
  ): Promise<http.IncomingHttpHeaders[]>
  stop(): Promise<RunResult>
}

const SERVICE = `
import http from 'node:http'
const clients = {
  '/http': (url) => new Promise((resolve, reject) => http.get(url, (answer) => answer.resume().on('end', resolve)).on('error', reject)),
  '/fetch': async (url) => (await fetch(url)).text(),
}
const server = http.createServer(async (request, response) => {
  try {
    if (request.url === '/stop') return void response.end('', () => process.exit(0))
    const body = Buffer.concat(await request.toArray()).toString()
    for (const url of JSON.parse(body)) await clients[request.url](url)
    response.end('ok')
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
}).listen(0, '127.0.0.1', () => console.log('port ' + server.address().port))
`

/** @param prelude runs before the servers start, with telemetry on */
export async function startRelay(options: RunOptions, prelude = ''): Promise<Relay> {
  const seen = new Map<string, http.IncomingHttpHeaders>()
  const callbackServer = http.createServer((request, response) => {
    seen.set(request.url!, request.headers)
    response.end('ok')
  })
  await new Promise<void>((resolve) => callbackServer.listen(0, '127.0.0.1', resolve))
  const callbackPort = (callbackServer.address() as AddressInfo).port
  let child: { readonly stdout: string } | undefined
  const ended = runSource('mjs', prelude + SERVICE, {
    timeoutMillis: 120_000,
    ...options,
    onStart: (started) => (child = started),
  })
  const port = await readPort(() => child?.stdout ?? '', ended)
  let asked = 0
  return {
    async ask(client, headers, callbacks = 1) {
      const paths = Array.from({ length: callbacks }, (_, index) => `/callback/${asked++}-${index}`)
      const answer = await post(
        port,
        `/${client}`,
        headers,
        JSON.stringify(paths.map((path) => `http://127.0.0.1:${callbackPort}${path}`)),
      )
      if (answer !== 'ok') throw new Error(answer)
      return paths.map((path) => seen.get(path)!)
    },
    async stop() {
      await post(port, '/stop', [], '').catch(() => {})
      callbackServer.close()
      return ended
    },
  }
}

async function readPort(stdout: () => string, ended: Promise<RunResult>): Promise<number> {
  let result: RunResult | undefined
  void ended.then((value) => (result = value))
  for (;;) {
    const match = /port (\d+)/.exec(stdout())
    if (match) return Number(match[1])
    if (result) throw new Error(`the service ended: ${result.stderr}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function post(
  port: number,
  path: string,
  headers: ReadonlyArray<readonly [string, string]>,
  body: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const all = [...headers.flat(), 'host', `127.0.0.1:${port}`, 'content-length', String(Buffer.byteLength(body))]
    const request = http.request(
      { port, host: '127.0.0.1', path, method: 'POST', headers: all as never, agent: false },
      (answer) => {
        let text = ''
        answer
          .setEncoding('utf8')
          .on('data', (chunk) => (text += chunk))
          .on('end', () => resolve(text))
      },
    )
    request.on('error', reject).end(body)
  })
}
