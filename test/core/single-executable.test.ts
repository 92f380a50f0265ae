/** What a single executable application loads of Node itself. */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSink } from '../faults/sink.ts'
import { PACKAGE } from '../support/run-node.ts'

/** The first line that builds such applications by itself. */
const NODE_26 = path.join(import.meta.dirname, '../../.cache/nodes/26/node')
const isThere = existsSync(NODE_26)
if (!isThere) console.log('skipped: Node 26 is not installed (scripts/install-nodes.sh installs it)')

const USE = `(http) => { const server = http.createServer((request, response) => response.end('ok')).listen(0, () => {
  http.get({ port: server.address().port, path: '/users' }, (response) => response.resume().on('end', () => server.close()))
}) }`
const WAYS: Record<string, string> = {
  [`require('http')`]: `use(require('http'))`,
  [`require('node:http')`]: `use(require('node:http'))`,
  [`import('node:http')`]: `import('node:http').then(use)`,
}
const APP = `
const require_ = require('node:module').createRequire(${JSON.stringify(path.join(PACKAGE, 'package.json'))})
require_(${JSON.stringify(path.join(PACKAGE, 'dist/index.cjs'))}).configureOpentelemetry()
const use = ${USE}
switch (process.env.WAY) { ${Object.entries(WAYS)
  .map(([name, way]) => `case ${JSON.stringify(name)}: ${way}; break`)
  .join('\n')} }`

let folder: string
beforeAll(() => {
  if (!isThere) return
  folder = mkdtempSync(path.join(tmpdir(), 'uptrace-sea-'))
  writeFileSync(path.join(folder, 'main.cjs'), APP)
  writeFileSync(
    path.join(folder, 'sea.json'),
    '{"main":"main.cjs","output":"app","disableExperimentalSEAWarning":true}',
  )
  execFileSync(NODE_26, ['--build-sea', 'sea.json'], { cwd: folder, stdio: 'ignore' })
})
afterAll(() => folder && rmSync(folder, { recursive: true, force: true }))

test.skipIf(!isThere).concurrent.for(Object.keys(WAYS))(
  'C49 · %s in a single executable application is traced, with one line',
  async (way) => {
    const sink = await startSink()
    const env = { PATH: process.env['PATH'], UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}`, WAY: way }
    const stderr = await new Promise<string>((resolve) =>
      execFile(path.join(folder, 'app'), { env }, (_, _stdout, text) => resolve(text)),
    )
    await sink.close()
    expect(sink.items('traces')).toHaveLength(2)
    expect(stderr.match(/single executable application/g)).toHaveLength(1)
  },
)
