import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ROUTES, type TraceList } from '../../../src/viewer/api.ts'
import { findOrStartViewerSync, reasonNotToStart } from '../../../src/viewer/process/locate.ts'
import { parseViewerFlags } from '../../../src/viewer/process/start.ts'
import type { ViewerState } from '../../../src/viewer/process/user-files.ts'
import { SCHEMA_VERSION } from '../../../src/viewer/store/schema.ts'
import { eventually } from '../harness.ts'

const ROOT = path.join(import.meta.dirname, '../../..')
const PROGRAM = path.join(ROOT, 'src/viewer/process/main.ts')
const posixOnly = test.skipIf(process.platform === 'win32')

let home: string
const children: ChildProcess[] = []

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'viewer home ')) // with blanks
})

afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
  const state = readState()
  if (state) process.kill(state.pid, 'SIGKILL')
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
})

function environment(): NodeJS.ProcessEnv {
  const { VITEST, VITEST_WORKER_ID, VITEST_POOL_ID, NODE_ENV, CI, NODE_OPTIONS, ...rest } = process.env
  return { ...rest, XDG_STATE_HOME: path.join(home, 'state'), XDG_CACHE_HOME: path.join(home, 'cache') }
}

const stateFile = () => path.join(home, 'state/uptrace-node/viewer.json')

function readState(): ViewerState | undefined {
  return existsSync(stateFile()) ? (JSON.parse(readFileSync(stateFile(), 'utf8')) as ViewerState) : undefined
}

async function start(...args: string[]): Promise<{ child: ChildProcess; url: string; dsn: string; pid: number }> {
  const child = spawn(process.execPath, [PROGRAM, '--port=0', ...args], {
    env: environment(),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  children.push(child)
  const [message] = await once(child, 'message')
  return { child, ...message }
}

/** Runs a few lines against the sources, as another program of the same user. */
function evaluate(code: string, env: NodeJS.ProcessEnv = {}): string {
  const file = path.join(home, 'code.mjs')
  writeFileSync(file, code.replaceAll('SRC', path.join(ROOT, 'src/viewer')))
  return execFileSync(process.execPath, [file], { env: { ...environment(), ...env }, encoding: 'utf8' }).trim()
}

const LOCATE = "import { findOrStartViewer, findOrStartViewerSync, findViewer } from 'SRC/process/locate.ts'\n"

describe('the process', () => {
  posixOnly('writes its state for this user only, and removes it when it ends', async () => {
    const { child, url, dsn } = await start()
    const state = readState()!
    expect(state).toMatchObject({ pid: child.pid, port: Number(new URL(url).port), token: new URL(dsn).username })
    for (const file of [
      stateFile(),
      path.join(home, 'state/uptrace-node/viewer-token'),
      path.join(home, `cache/uptrace-node/viewer-${SCHEMA_VERSION}.db`),
    ])
      expect((statSync(file).mode & 0o077).toString(8)).toBe('0')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(readState()).toBeUndefined()
  })

  posixOnly('keeps its token and its data over a restart', async () => {
    const first = await start()
    await fetch(first.url + ROUTES.testTrace, { method: 'POST', headers: { 'uptrace-dsn': first.dsn } })
    first.child.kill('SIGINT')
    await once(first.child, 'exit')
    const second = await start()
    expect(new URL(second.dsn).username).toBe(new URL(first.dsn).username)
    const list = await fetch(second.url + ROUTES.traces, { headers: { 'uptrace-dsn': second.dsn } })
    expect(((await list.json()) as TraceList).traces).toHaveLength(1)
  })

  test('five that start together are one', async () => {
    const started = await Promise.all(Array.from({ length: 5 }, () => start()))
    expect(new Set(started.map(({ url }) => url)).size).toBe(1)
    expect(new Set(started.map(({ pid }) => pid)).size).toBe(1)
  })

  test('ends when it is idle', async () => {
    const { child } = await start('--idle-minutes=0.01', '--memory')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(readState()).toBeUndefined()
  })

  test('an open page keeps it alive', async () => {
    const { child, url, dsn } = await start('--idle-minutes=0.05', '--memory')
    const abort = new AbortController()
    const page = await fetch(url + ROUTES.events, { headers: { 'uptrace-dsn': dsn }, signal: abort.signal })
    await new Promise((resolve) => setTimeout(resolve, 4_500))
    expect(child.exitCode).toBeNull()
    // a response that nobody holds is collected, and its connection closed
    expect(page.body?.locked).toBe(false)
    abort.abort()
    expect((await once(child, 'exit'))[0]).toBe(0)
  })

  test('walks on from a port that another program has', async () => {
    const taken = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const { url } = await start(`--port=${port}`, '--memory')
    expect(Number(new URL(url).port)).toBeGreaterThan(port)
    taken.close()
  })

  posixOnly('replaces a viewer of another version', async () => {
    const other = path.join(home, 'other.mjs')
    // answers as an older version of ours, with our token
    writeFileSync(
      other,
      `import { createServer } from 'node:http'
import { prove } from '${ROOT}/src/viewer/serve/security.ts'
import { keptToken, writeState } from '${ROOT}/src/viewer/process/user-files.ts'
const token = keptToken()
const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://a')
  if (url.pathname === '/healthz') return response.end(JSON.stringify({ name: 'uptrace-node-viewer', version: '0.0.1', proof: prove(token, url.searchParams.get('challenge')) }))
  if (url.pathname === '/api/v1/shutdown' && request.headers.authorization === 'Bearer ' + token) { response.end(); setTimeout(() => process.exit(5), 100) }
}).listen(0, '127.0.0.1', () => { writeState({ pid: process.pid, port: server.address().port, token, version: '0.0.1' }); process.send('up') })`,
    )
    const old = spawn(process.execPath, [other], { env: environment(), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    children.push(old)
    await once(old, 'message')
    const ended = once(old, 'exit')
    const { pid, child } = await start('--memory')
    expect((await ended)[0]).toBe(5)
    expect([pid, readState()!.pid]).toEqual([child.pid, child.pid])
  })

  test('does not take a foreign program for the viewer, nor give it the token', async () => {
    const seen: string[] = []
    const foreign = createServer((request, response) => {
      seen.push(JSON.stringify(request.headers) + request.url)
      response.end(JSON.stringify({ name: 'uptrace-node-viewer', version: '9.9.9', proof: 'guessed' }))
    }).listen(0, '127.0.0.1')
    await once(foreign, 'listening')
    const { port } = foreign.address() as { port: number }
    const first = await start('--memory')
    const { token } = readState()!
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    writeFileSync(stateFile(), JSON.stringify({ ...readState(), port }))
    const second = await start('--memory')
    expect(Number(new URL(second.url).port)).not.toBe(port)
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.join()).not.toContain(token)
    foreign.close()
  })

  test.for<[args: string[], message: string]>([
    [['--port=x'], '--port must be a number'],
    [['--max-mb=-1'], '--max-mb must be a number'],
    [['--what'], "Unknown option '--what'"],
    [['extra'], 'extra'],
  ])('%j is refused with what is wrong', ([args, message]) => {
    expect(() => parseViewerFlags(args)).toThrow(message)
  })

  test('--otlp without a port means 4318', () => {
    expect(parseViewerFlags(['--otlp', '--memory']).otlpPort).toBe(4318)
    expect(parseViewerFlags(['--otlp=5000']).otlpPort).toBe(5000)
    expect(parseViewerFlags([]).otlpPort).toBeUndefined()
  })
})

describe('finding or starting it', () => {
  test('starts one that outlives the program, without the flags of that program, and finds it again', () => {
    const started = JSON.parse(
      evaluate(`${LOCATE}console.log(JSON.stringify(await findOrStartViewer({ args: ['--port=0'] })))`, {
        OTEL_SERVICE_NAME: 'app',
        UPTRACE_DSN: 'http://a@b',
      }),
    )
    expect(readState()).toMatchObject({ pid: started.pid })
    if (process.platform === 'linux') {
      const environ = readFileSync(`/proc/${started.pid}/environ`, 'utf8').split('\0')
      expect(environ.filter((entry) => /^(OTEL_|UPTRACE_|NODE_OPTIONS)/.test(entry))).toEqual([
        'OTEL_SDK_DISABLED=true',
      ])
    }
    const found = JSON.parse(
      evaluate(
        `${LOCATE}console.log(JSON.stringify([await findOrStartViewer(), findOrStartViewerSync(), await findViewer()]))`,
      ),
    )
    expect(found).toEqual([started, started, started])
  })

  test('the synchronous form gives the address at once; it listens a moment later', async () => {
    const { viewer, millis } = JSON.parse(
      evaluate(
        `${LOCATE}const started = performance.now()\nconst viewer = findOrStartViewerSync({ args: ['--memory'] })\nconsole.log(JSON.stringify({ viewer, millis: performance.now() - started }))`,
      ),
    )
    // a viewer takes longer to listen
    expect(millis).toBeLessThan(400)
    const health = await eventually(async () => fetch(`${viewer.url}/healthz`).catch(() => undefined))
    expect(health.status).toBe(200)
    const list = await fetch(viewer.url + ROUTES.traces, {
      headers: { authorization: `Bearer ${new URL(viewer.dsn).username}` },
    })
    expect(list.status).toBe(200)
  })

  test.for<[env: Record<string, string>, reason: RegExp | undefined]>([
    [{}, undefined],
    [{ NODE_ENV: 'development' }, undefined],
    [{ CI: 'false' }, undefined],
    [{ NODE_ENV: 'production' }, /NODE_ENV is production/],
    [{ CI: '1' }, /CI is set/],
    [{ VITEST: 'true' }, /test runner \(VITEST/],
    [{ JEST_WORKER_ID: '1' }, /test runner/],
    [{ NODE_TEST_CONTEXT: 'child' }, /test runner/],
  ])('with %j the reason not to start is %s', ([env, reason]) => {
    if (reason) expect(reasonNotToStart(env)).toMatch(reason)
    else expect(reasonNotToStart(env)).toBeUndefined()
  })

  test('a test runner is refused with the reason, and nothing is started', () => {
    vi.stubEnv('CI', '')
    expect(findOrStartViewerSync()).toEqual({ refused: expect.stringContaining('VITEST') })
    vi.unstubAllEnvs()
  })
})

describe('commands', () => {
  const command = (name: 'runUi' | 'runDev', ...args: string[]) => {
    const file = path.join(home, 'command.mjs')
    writeFileSync(
      file,
      `import { ${name} } from '${ROOT}/src/viewer/process/${name === 'runUi' ? 'ui' : 'dev'}.ts'\nprocess.exitCode = await ${name}(process.argv.slice(2))`,
    )
    return spawnSync(process.execPath, [file, ...args], { env: environment(), encoding: 'utf8', timeout: 25_000 })
  }

  test('dev runs a program, prints the address of each trace, and passes the exit code on', async () => {
    const app = path.join(home, 'my app.cjs')
    writeFileSync(
      app,
      `const { createServer, get } = require('node:http')
const server = createServer((request, response) => response.end('hi')).listen(0, () => {
  get({ port: server.address().port, path: '/a' }, (response) => response.resume().on('end', () => { server.close(); server.closeAllConnections(); process.exitCode = 7 }))
})`,
    )
    const { status, stderr } = command('runDev', '--port=0', app)
    expect(stderr).toMatch(/^200 GET +[\d.]+ ms {2}2 spans, 1 http {2}http:\/\/localhost:\d+\/t\/[0-9a-f]{8}$/m)
    expect(status).toBe(7)
    // the viewer stays
    expect((await fetch(`http://localhost:${readState()!.port}/healthz`)).status).toBe(200)
    const ui = command('runUi')
    expect(ui.stdout).toContain(`A viewer is running already: http://localhost:${readState()!.port}`)
    // options that would be ignored are refused
    const { port } = readState()!
    expect(command('runUi', `--port=${port}`)).toMatchObject({ status: 0 })
    const refused = command('runUi', '--port', String(port + 1), '--memory')
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/--port, --memory cannot change it.*--stop/),
    ])
    expect(command('runUi', '--stop', '--memory').status).toBe(2)
    expect(command('runUi', '--stop').stdout).toBe('The viewer ends.\n')
    await eventually(() => (readState() === undefined ? true : undefined))
    expect(command('runUi', '--stop').stdout).toBe('No viewer is running.\n')
  })

  test.for([
    ['its main.mjs', 'main.mjs', undefined],
    ['what package.json names', 'lib/start.cjs', { main: 'lib/start.cjs' }],
  ] as const)('dev of a folder runs %s', ([, file, manifest]) => {
    const folder = path.join(home, 'shop')
    mkdirSync(path.join(folder, 'lib'), { recursive: true })
    writeFileSync(path.join(folder, file), `console.log('runs', process.argv.at(-1))`)
    if (manifest) writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest))
    expect(command('runDev', '--port=0', folder, 'argument')).toMatchObject({ status: 0, stdout: 'runs argument\n' })
  })

  test('dev says what is missing, and what cannot be run', () => {
    expect(command('runDev')).toMatchObject({ status: 2, stderr: expect.stringContaining('what to run is missing') })
    const { status, stderr } = command('runDev', '--port=0', '--', 'no-such-program')
    expect([status, stderr]).toEqual([127, expect.stringContaining('ENOENT')])
  })

  posixOnly('ui serves until it is interrupted', async () => {
    const file = path.join(home, 'ui.mjs')
    writeFileSync(
      file,
      `import { runUi } from '${ROOT}/src/viewer/process/ui.ts'\nprocess.exitCode = await runUi(['--port=0', '--memory'])`,
    )
    const child = spawn(process.execPath, [file], { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    let output = ''
    child.stdout!.on('data', (chunk) => {
      output += chunk
    })
    await eventually(() => (output.includes('Ctrl-C') ? true : undefined))
    expect(output).toMatch(/Viewer: http:\/\/localhost:\d+\nDSN: {4}http:\/\/[\w-]{32}@localhost:\d+\n/)
    child.kill('SIGINT')
    expect((await once(child, 'exit'))[0]).toBe(0)
  })
})
