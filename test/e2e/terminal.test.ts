/** The viewer in the terminal, as built: `dev` prints traces while a program runs, the other commands ask what the viewer holds. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunComparison, TraceDetail, TraceList, TraceSummary, ViewerStatus } from '../../src/viewer/api.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const CLI = path.join(ROOT, 'dist/cli.cjs')
const APP = 'test/e2e/terminal-app.mjs'

interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const homes: string[] = []

function newHome(): NodeJS.ProcessEnv {
  const home = mkdtempSync(path.join(tmpdir(), 'uptrace-terminal-'))
  homes.push(home)
  const rest = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_OPTIONS|OTEL_|UPTRACE_|NO_COLOR|FORCE_COLOR|CI$)/.test(name),
  )
  return {
    ...Object.fromEntries(rest),
    OTEL_SERVICE_NAME: 'items',
    XDG_STATE_HOME: path.join(home, 'state'),
    XDG_CACHE_HOME: path.join(home, 'cache'),
  }
}

function start(env: NodeJS.ProcessEnv, args: readonly string[]): { child: ChildProcess; result: Promise<Result> } {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const result = new Promise<Result>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
  return { child, result }
}

function run(env: NodeJS.ProcessEnv, args: readonly string[], input?: string): Promise<Result> {
  const { child, result } = start(env, args)
  child.stdin!.end(input)
  return result
}

const dev = (env: NodeJS.ProcessEnv, options: readonly string[], delay: number, pause: number, routes: string[]) =>
  run(env, ['dev', '--port=0', ...options, APP, String(delay), String(pause), ...routes])

afterAll(async () => {
  for (const home of homes) {
    const env = { ...process.env, XDG_STATE_HOME: path.join(home, 'state'), XDG_CACHE_HOME: path.join(home, 'cache') }
    await run(env, ['ui', '--stop'])
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
})

describe('dev', { timeout: 60_000 }, () => {
  const env = newHome()
  const first = dev(env, [], 0, 0, ['/ok', '/n-plus-one', '/fails', '/fails', '/slow'])

  test('prints a line a trace: status, name, duration, what it did, a short address', async () => {
    const { code, stderr } = await first
    expect(code).toBe(0)
    expect(stderr).toMatch(/^200 GET +\S+ (µs|ms) {2}2 spans, 1 http {2}http:\/\/localhost:\d+\/t\/[0-9a-f]{8}$/m)
    expect(stderr).not.toContain('\x1b')
  })

  test('explains an N+1 with its statement', async () => {
    const { stderr } = await first
    expect(stderr).toMatch(/8 spans, 6 db, 1 http, N\+1/)
    expect(stderr).toMatch(/^ {4} +6× SELECT name FROM items WHERE id = \? +█+ /m)
    expect(stderr).toMatch(/^ {4}N\+1: SELECT name FROM items WHERE id = \? is run again and again in GET$/m)
  })

  test('explains an error once with the place in the app and the statement that failed', async () => {
    const { stderr } = await first
    const line =
      readFileSync(path.join(ROOT, APP), 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('new TypeError')) + 1
    expect(stderr.match(/^500 GET .* 1 db, 1 http, \d errors/gm)).toHaveLength(2)
    const explained = `    TypeError: relation "itmes" does not exist  at ${APP}:${line}\n      in INSERT INTO itmes VALUES ($1)\n`
    expect(stderr.split(explained)).toHaveLength(2)
  })

  test('marks what is slow', async () => {
    expect((await first).stderr).toMatch(/^200 GET +1\.\d+ s {2}2 spans, 1 http, slow {2}.*\n {4}\S/m)
  })

  test('sums up at the end', async () => {
    const { stderr } = await first
    expect(stderr).toMatch(
      /^uptrace-node: 5 traces, 2 with an error, 1 with an N\+1\n {2}slowest: GET {2}1\.\d+ s {2}http/m,
    )
    expect(stderr).not.toContain('against the run before')
  })

  test('prints within half a second of the answer', async () => {
    const { child, result } = start(env, ['dev', APP, '0', '800', '/a', '/b', '/c', '/d'])
    child.stdin!.end()
    const arrivals: number[] = []
    child.stderr!.on('data', (text: string) => {
      for (const _ of text.match(/^200 GET/gm) ?? []) arrivals.push(Date.now())
    })
    const { stdout } = await result
    const answers = [...stdout.matchAll(/^done \S+ (\d+)$/gm)].map(([, at]) => Number(at))
    expect(arrivals).toHaveLength(4)
    // the best of four: the machine may be busy with other tests
    expect(Math.min(...arrivals.map((at, index) => at - answers[index]!))).toBeLessThan(500)
  })

  test('--json gives an object a line, --quiet nothing, --waterfall explains all', async () => {
    const json = await dev(env, ['--json'], 0, 0, ['/ok', '/fails'])
    const lines = json.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ type }) => type)).toEqual(['trace', 'trace', 'summary'])
    const { traceId, url } = lines[0] as unknown as TraceSummary & { url: string }
    expect(url).toMatch(new RegExp(`^http://localhost:\\d+/traces/${traceId}$`))
    expect(await dev(env, ['--quiet'], 0, 0, ['/ok'])).toMatchObject({ code: 0, stderr: '' })
    expect((await dev(env, ['--waterfall'], 0, 0, ['/ok'])).stderr).toMatch(/^200 GET.*\n {4}GET .*█.*\n {6}GET /m)
  })
})

describe('commands', { timeout: 60_000 }, () => {
  const env = newHome()
  const ask = (...args: string[]) => run(env, args)
  let traces: TraceList

  beforeAll(async () => {
    await dev(env, ['--quiet'], 0, 0, ['/ok', '/n-plus-one', '/fails'])
    traces = JSON.parse((await ask('traces', '--json')).stdout) as TraceList
  }, 60_000)

  test('traces lists what meets a query', async () => {
    expect(traces.traces).toHaveLength(3)
    const failed = await ask('traces', 'status:error')
    expect(failed.stdout).toMatch(/^500 GET .*\/t\/[0-9a-f]{8}\n$/)
    expect(await ask('traces', 'status:error AND db.system.name:mysql')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'No trace meets this.\n',
    })
    expect((await ask('traces', '--sort', 'spans', '-n', '1')).stdout).toContain('6 db')
  })

  test('a query that cannot be read is told with its place, exit code 2', async () => {
    const { code, stderr } = await ask('traces', 'status:error durtion>10ms')
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('did you mean duration?\n  status:error durtion>10ms\n               ^\n'),
    ])
    expect((await ask('logs', 'severity>=')).code).toBe(2)
    expect((await ask('traces', '--sort', 'colour')).stderr).toContain('--sort is one of newest')
    expect((await ask('traces', '--limit', 'many')).code).toBe(2)
    expect((await ask('traces', '--since', 'yesterday')).code).toBe(2)
  })

  test('trace shows one, also by the beginning of its id', async () => {
    const { traceId } = traces.traces.find(({ errors }) => errors > 0)!
    const shown = await ask('trace', traceId.slice(0, 8))
    expect(shown.stdout).toContain(traceId)
    expect(shown.stdout).toMatch(/TypeError: relation "itmes" does not exist {2}at test\/e2e\/terminal-app\.mjs:\d+/)
    const detail = JSON.parse((await ask('trace', traceId, '--json')).stdout) as TraceDetail
    expect(detail.spans.map(({ name }) => name)).toEqual(['GET', 'GET', 'INSERT'])
    const none = await ask('trace', 'ffffffff')
    expect([none.code, none.stderr]).toEqual([1, 'uptrace-node: No span of this trace has arrived.\n'])
    expect((await ask('trace')).code).toBe(2)
  })

  test('trace --markdown has findings, spans with attributes, the stack and the logs', async () => {
    const { traceId } = traces.traces.find(({ errors }) => errors > 0)!
    const { stdout } = await ask('trace', traceId, '--markdown')
    for (const part of [
      /^# GET\n\nTrace `[0-9a-f]{32}`: 3 spans/,
      /## Findings\n\n\*\*errors: TypeError: relation "itmes" does not exist\*\*/,
      /```\nTypeError: relation "itmes" does not exist\n {4}at fail /,
      /## Spans\n\n- `items` GET .*\n {2}`http\.request\.method=GET`/,
      /`db\.query\.text=INSERT INTO itmes VALUES \(\$1\)`/,
      /## Logs\n\n- \+\S+ \S+ INFO served \/fails/,
    ])
      expect(stdout).toMatch(part)
    const repeated = traces.traces.find(({ systems, spans }) => spans === 8 && systems?.db === 6)!
    expect((await ask('trace', repeated.traceId, '--markdown')).stdout).toContain('6× SELECT name FROM items WHERE id')
  })

  test('logs, errors, insights, services, metrics, status', async () => {
    expect((await ask('logs', 'body:*fails')).stdout).toMatch(/INFO {2}items {2}served \/fails {2}[0-9a-f]{8}\n$/)
    const { traceId } = traces.traces[0]!
    expect((await ask('logs', '--trace', traceId.slice(0, 10))).stdout.trim().split('\n')).toHaveLength(1)
    expect((await ask('errors')).stdout).toMatch(
      /^1× TypeError: relation.*\n {3}items {2}INSERT {2}test\/e2e\/terminal-app\.mjs:\d+/m,
    )
    expect((await ask('insights', '--kind', 'n+1')).stdout).toMatch(/^1× n\+1: SELECT name FROM items/)
    expect((await ask('insights', '--markdown')).stdout).toMatch(/^\| times \| kind \|.*\n\| ---: \| --- \|/)
    expect((await ask('services')).stdout).toMatch(/^items +\d+ /m)
    expect((await ask('services', 'items')).stdout).toMatch(/^SELECT +client +6 /m)
    expect((await ask('metrics', 'http.server')).stdout).toMatch(/^http\.server\.request\.duration +items +histogram/m)
    const status = JSON.parse((await ask('status', '--json')).stdout) as ViewerStatus
    expect(status.storage.traces).toBe(3)
    expect(JSON.stringify(status)).not.toContain('@localhost')
    expect((await ask('status')).stdout).toMatch(/^holds +3 traces, 13 spans, 3 log records/m)
  })

  test('--follow goes on with what comes', async () => {
    const following = start(env, ['traces', '--follow', '-n', '1'])
    const logs = start(env, ['logs', '--follow', '-n', '1'])
    const seen = new Promise<void>((resolve) => {
      let lines = 0
      following.child.stdout!.on('data', (text: string) => {
        lines += text.split('\n').length - 1
        if (lines >= 3) resolve()
      })
    })
    await dev(env, ['--quiet'], 0, 0, ['/later', '/later'])
    await seen
    await new Promise((resolve) => setTimeout(resolve, 500))
    following.child.kill('SIGINT')
    logs.child.kill('SIGINT')
    expect((await following.result).code).toBe(0)
    expect((await logs.result).stdout.match(/served \/later/g)).toHaveLength(2)
  })

  test('what is exported can be imported after clear, which needs --yes', async () => {
    const before = JSON.parse((await ask('status', '--json')).stdout) as ViewerStatus
    const exported = (await ask('export')).stdout
    expect((await ask('clear')).code).toBe(2)
    expect((await ask('clear', '--yes')).stdout).toBe('The viewer is empty.\n')
    expect((await ask('traces')).stderr).toBe('No trace meets this.\n')
    const file = path.join(homes.at(-1)!, 'telemetry.jsonl')
    const imported = await run(env, ['import', '-'], exported)
    expect(imported.stdout).toMatch(/^-: \d+ spans, 5 log records, \d+ metric points {2}http/)
    const after = JSON.parse((await ask('status', '--json')).stdout) as ViewerStatus
    expect(after.storage.spans).toBe(before.storage.spans)
    expect((await ask('export', 'status:error', '--signals', 'traces', '-o', file)).code).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('itmes')
    expect((await ask('import', file)).stdout).toMatch(/: \d+ spans, 0 log records/)
    // a file that is no telemetry is named, and keeps no other from being stored
    const several = await ask('import', path.join(ROOT, 'package.json'), file, homes.at(-1)!)
    expect(several.code).toBe(1)
    expect(several.stdout).toMatch(/^\S+telemetry\.jsonl: \d+ spans/)
    expect(several.stderr).toMatch(/package\.json: This file can't be imported: neither.*\n.*EISDIR/)
    expect((await ask('import', '--help')).stdout).not.toContain('Options:')
  })

  test('what finds nothing, or is written wrongly, is told by its name', async () => {
    expect((await ask('services', 'nobody')).stderr).toBe('No operation of a service nobody is stored.\n')
    expect((await ask('metrics', 'nothing.like.it')).stderr).toBe('No metric meets nothing.like.it.\n')
    expect((await ask('traces', '-status:error')).stderr).toContain(
      'stands behind --, after all options: -- "-status:error"',
    )
    expect((await ask('traces', '--', '-status:error')).code).toBe(0)
    expect((await ask('logs', '--level', 'error')).stderr).toMatch(/^uptrace-node logs: Unknown option '--level'\n/)
  })

  test('each has a help, and says how to start a viewer when none runs', async () => {
    const names = [
      'traces',
      'trace',
      'logs',
      'errors',
      'insights',
      'services',
      'metrics',
      'compare',
      'export',
      'import',
      'clear',
      'status',
    ]
    const nobody = newHome()
    for (const name of names) {
      expect((await ask(name, '--help')).stdout).toMatch(new RegExp(`^Usage: uptrace-node ${name}`))
      const alone = await run(nobody, [
        name,
        ...(name === 'import' || name === 'trace' ? ['x'] : name === 'clear' ? ['--yes'] : []),
      ])
      expect([alone.code, alone.stdout, alone.stderr]).toEqual([1, '', expect.stringContaining('uptrace-node ui')])
    }
  })
})

describe('run against run', { timeout: 60_000 }, () => {
  test('names what is slower, new errors, new N+1 and queries added', async () => {
    const env = newHome()
    const steady = Array.from({ length: 20 }, () => '/steady')
    await dev({ ...env, QUERIES: '1' }, ['--quiet'], 5, 0, [...steady, '/more', '/n-plus-one'])
    const before = await run(env, ['compare'])
    expect([before.code, before.stderr]).toEqual([1, 'There is no run before to compare with.\n'])
    const second = await dev({ ...env, QUERIES: '4' }, [], 60, 0, [...steady, '/more', '/n-plus-one', '/fails'])
    expect(second.stderr).toMatch(/against the run before \(.*\):\n {4}new: TypeError: relation/)
    const comparison = JSON.parse((await run(env, ['compare', '--json'])).stdout) as RunComparison
    const server = comparison.operations.find(({ kind }) => kind === 'server')!
    expect(server).toMatchObject({ name: 'GET', verdict: 'slower', a: { calls: 22 }, b: { calls: 23 } })
    expect(server.pValue).toBeLessThan(0.01)
    expect(comparison.findings.added.map(({ kind }) => kind)).toEqual(['errors'])
    const text = (await run(env, ['compare'])).stdout
    expect(text).toMatch(/^GET .* → .* slower +p [=<] 0\.00\d$/m)
    expect(text).toMatch(/Queries a request\n.*\n *0\.32 → 0\.43 +GET +SELECT name FROM items/)
    expect((await run(env, ['compare', '--fail'])).code).toBe(1)
    const ids = (JSON.parse((await run(env, ['compare', '--list', '--json'])).stdout) as { id: string }[]).map(
      ({ id }) => id,
    )
    expect(ids).toHaveLength(2)
    // the other way round
    expect((await run(env, ['compare', ids[0]!.slice(0, 6), ids[1]!.slice(0, 6)])).stdout).toMatch(/^GET .* faster +p/m)
    expect((await run(env, ['compare', 'nothing'])).stderr).toBe('uptrace-node: There is no such run.\n')
  })
})

describe('text of programs', { timeout: 60_000 }, () => {
  test('never reaches the terminal as a command', async () => {
    const env = newHome()
    await dev(env, ['--quiet'], 0, 0, ['/ok'])
    const state = JSON.parse(readFileSync(path.join(homes.at(-1)!, 'state/uptrace-node/viewer.json'), 'utf8'))
    const { port, token } = state as { port: number; token: string }
    const evil = 'a\x1b]0;owned\x07b\x1b[2J\x9b31mc\u202ed\r\ne\x08\x7f'
    const value = { stringValue: evil }
    const traceId = 'e'.repeat(32)
    const now = `${Date.now()}000000`
    const exception = ['type', 'message', 'stacktrace'].map((key) => ({ key: `exception.${key}`, value }))
    const spans = Array.from({ length: 6 }, (_, number) => ({
      traceId,
      spanId: String(number + 1).repeat(16),
      ...(number > 0 && { parentSpanId: '1'.repeat(16) }),
      name: evil,
      kind: number > 0 ? 3 : 2,
      startTimeUnixNano: now,
      endTimeUnixNano: now,
      attributes: [
        { key: 'db.system.name', value },
        { key: 'db.query.text', value },
        { key: evil, value },
      ],
      events: [{ name: 'exception', timeUnixNano: now, attributes: exception }],
      status: { code: 2, message: evil },
    }))
    const resource = { attributes: [{ key: 'service.name', value }] }
    const log = { timeUnixNano: now, body: value, severityNumber: 17, traceId, attributes: [{ key: evil, value }] }
    const metric = { name: evil, unit: evil, gauge: { dataPoints: [{ timeUnixNano: now, asDouble: 1 }] } }
    for (const [signal, body] of [
      ['traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }],
      ['logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [log] }] }] }],
      ['metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] }],
    ] as const) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      const sent = await fetch(`http://localhost:${port}/v1/${signal}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      expect(sent.status).toBe(200)
    }
    const commands = [
      'traces',
      `trace ${traceId}`,
      `trace ${traceId} --markdown`,
      'logs',
      'errors',
      'insights',
      'services',
      'metrics',
      'status',
      'compare --list',
      'compare',
    ]
    for (const command of [
      ...commands,
      ...['traces', 'logs', 'errors', 'services', 'metrics'].map((name) => `${name} --markdown`),
    ]) {
      const { stdout, stderr } = await run(env, command.split(' '))
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
      expect([command, (stdout + stderr).match(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g)]).toEqual([
        command,
        null,
      ])
      if (!/status|compare/.test(command)) expect([command, stdout]).toEqual([command, expect.stringContaining('a')])
    }
  })
})

test('a short address leads to the trace', { timeout: 60_000 }, async () => {
  const env = newHome()
  const { stderr } = await dev(env, [], 0, 0, ['/ok'])
  const address = /http\S+\/t\/[0-9a-f]{8}/.exec(stderr)![0]
  const answer = await fetch(address, { redirect: 'manual' })
  expect([answer.status, answer.headers.get('location')]).toEqual([
    303,
    expect.stringMatching(new RegExp(`^/traces/${address.slice(-8)}[0-9a-f]{24}\\?span_id=[0-9a-f]{16}$`)),
  ])
  expect((await fetch(address, { headers: { accept: 'text/html' } })).status).toBe(200)
  expect((await fetch(address.replace(/.{8}$/, 'ffffffff'), { redirect: 'manual' })).status).toBe(404)
})
