// Builds the app, starts it, asks for a page and for a route that fails, and stops it.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'

const cwd = import.meta.dirname
const next = path.join(cwd, 'node_modules/next/dist/bin/next')
if (!existsSync(next)) {
  console.error('Next.js is not installed: npm install --prefix examples/nextjs')
  process.exit(1)
}

const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
const built = spawnSync(process.execPath, [next, 'build'], { cwd, env, encoding: 'utf8' })
if (built.status !== 0) {
  console.error(built.stdout + built.stderr)
  process.exit(1)
}

const args = [next, 'start', '--port', process.env.PORT ?? '0']
const server = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
const url = await new Promise((resolve) => {
  let output = ''
  server.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text)
    output += text
    if (output.includes('Ready in')) resolve(/http:\/\/localhost:\d+/.exec(output)[0])
  })
})
if (!process.env.PORT) {
  await (await fetch(`${url}/posts/1`)).text()
  await (await fetch(`${url}/fails`)).text()
  server.kill('SIGTERM')
  await once(server, 'exit')
}
