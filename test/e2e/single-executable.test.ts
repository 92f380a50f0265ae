/** A single executable application is traced as far as it can be, and one line says what is not. */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { startSink } from '../faults/sink.ts'

const ROOT = path.join(import.meta.dirname, '../..')
/** The first line that builds such applications by itself. */
const NODE_26 = path.join(ROOT, '.cache/nodes/26/node')
const isThere = existsSync(NODE_26)
if (!isThere) console.log('skipped: Node 26 is not installed (scripts/install-nodes.sh installs it)')

const APP = `
const require_ = require('node:module').createRequire(${JSON.stringify(path.join(ROOT, 'package.json'))})
require_(${JSON.stringify(path.join(ROOT, 'dist/index.cjs'))}).configureOpentelemetry()
const http = require('http')
const server = http.createServer((request, response) => response.end('ok')).listen(0, () => {
  http.get({ port: server.address().port, path: '/users' }, (response) => response.resume().on('end', () => server.close()))
})`

test.skipIf(!isThere)('http is traced, with one line', { timeout: 60_000 }, async () => {
  const sink = await startSink()
  const folder = mkdtempSync(path.join(tmpdir(), 'uptrace-sea-'))
  writeFileSync(path.join(folder, 'main.cjs'), APP)
  writeFileSync(
    path.join(folder, 'sea.json'),
    '{"main":"main.cjs","output":"app","disableExperimentalSEAWarning":true}',
  )
  execFileSync(NODE_26, ['--build-sea', 'sea.json'], { cwd: folder, stdio: 'ignore' })
  const env = { PATH: process.env.PATH, UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}` }
  const stderr = await new Promise<string>((resolve) =>
    execFile(path.join(folder, 'app'), { env }, (_, _stdout, text) => resolve(text)),
  )
  expect(sink.items('traces').map(({ name }) => name)).toHaveLength(2)
  expect(stderr.match(/single executable application/g)).toHaveLength(1)
  rmSync(folder, { recursive: true, force: true })
  await sink.close()
})
