/** `uptrace-node run`: the command behaves as without it, and its span says what happened. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { eventually } from '../support/backends.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

const CLI = path.join(import.meta.dirname, '../../dist/cli.cjs')
const [CLIENT, ERROR] = [3, 2]
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

interface Result {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

interface RunOptions {
  readonly env?: Record<string, string>
  readonly input?: string
  readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
}

function run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const child = spawn(process.execPath, [CLI, 'run', ...args], {
    env: { PATH: process.env.PATH, UPTRACE_DSN: `http://t@localhost:${sink.port}`, ...options.env },
  })
  child.stdin.end(options.input ?? '')
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    options.onOutput?.(stdout, (signal) => child.kill(signal))
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })))
}

function onlySpan() {
  const spans = sink.items('traces')
  expect(spans).toHaveLength(1)
  return { ...spans[0], attributes: attributesOf(spans[0]!) }
}

test('a command that succeeds: its output and code as they are, a span with arguments, code and the end of its output', async () => {
  const result = await run(['--', 'sh', '-c', 'echo built; echo careful >&2'])
  expect(result).toEqual({ code: 0, signal: null, stdout: 'built\n', stderr: 'careful\n' })
  const span = onlySpan()
  expect(span).toMatchObject({ name: 'sh', kind: CLIENT })
  expect(span.parentSpanId).toBeUndefined()
  expect(span.status?.code ?? 0).toBe(0)
  expect(span.attributes).toMatchObject({
    'process.executable.name': 'sh',
    'process.command_args': ['sh', '-c', 'echo built; echo careful >&2'],
    'process.exit.code': 0,
    'process.pid': expect.any(Number),
    'process.stdout': 'built',
    'process.stderr': 'careful',
  })
  expect(sink.requests.map(({ signal }) => signal)).toEqual(['traces'])
})

test('--name and --attribute, with numbers and booleans as such', async () => {
  await run(['--name', 'lint', '--attribute', 'ci.step=3', '--attribute=main=true', '--attribute', 'who=a=b', 'true'])
  const span = onlySpan()
  expect(span.name).toBe('lint')
  expect(span.attributes).toMatchObject({ 'ci.step': 3, main: true, who: 'a=b' })
})

test('a command that fails: the same code, status Error', async () => {
  expect((await run(['--', 'sh', '-c', 'exit 7'])).code).toBe(7)
  const span = onlySpan()
  expect(span.status).toMatchObject({ code: ERROR, message: 'exit code 7' })
  expect(span.attributes).toMatchObject({ 'process.exit.code': 7, 'error.type': '7' })
})

test('a command that a signal ends: this process ends by the same signal', async () => {
  const result = await run(['--', 'sh', '-c', 'kill -KILL $$'])
  expect(result).toMatchObject({ code: null, signal: 'SIGKILL' })
  expect(onlySpan().attributes).toMatchObject({ 'error.type': 'SIGKILL', 'process.exit.code': 137 })
})

test('SIGTERM goes to the command, which may end in its own way', async () => {
  const program =
    "process.on('SIGTERM', () => { console.log('ended well'); process.exit(3) }); setInterval(() => {}, 1000); console.log('up')"
  let isSent = false
  const result = await run(['--', process.execPath, '-e', program], {
    onOutput: (text, kill) => {
      if (isSent || !text.includes('up')) return
      isSent = true
      kill('SIGTERM')
    },
  })
  expect(result).toMatchObject({ code: 3, signal: null, stdout: 'up\nended well\n' })
  expect(onlySpan().attributes['process.exit.code']).toBe(3)
})

test('the command finds the trace in TRACEPARENT: a run within a run joins it', async () => {
  const script = `"${process.execPath}" "${CLI}" run --name inner -- sh -c 'echo $TRACEPARENT'`
  const result = await run(['--name', 'outer', script])
  const spans = await eventually(
    () => sink.items('traces'),
    (found) => found.length === 2,
  )
  const [outer, inner] = ['outer', 'inner'].map((name) => spans.find((span) => span.name === name)!)
  expect(inner).toMatchObject({ traceId: outer!.traceId, parentSpanId: outer!.spanId })
  expect(result.stdout.trim()).toMatch(new RegExp(`^00-${inner!.traceId}-${inner!.spanId}-0[13]$`))
})

test('a trace that is in the environment already is continued, with its state', async () => {
  const env = { TRACEPARENT: PARENT, TRACESTATE: 'vendor=1' }
  const result = await run(['--', 'sh', '-c', 'echo $TRACEPARENT $TRACESTATE'], { env })
  const span = onlySpan()
  expect(span).toMatchObject({ traceId: PARENT.slice(3, 35), parentSpanId: PARENT.slice(36, 52) })
  expect(result.stdout).toBe(`00-${span.traceId}-${span.spanId}-01 vendor=1\n`)
})

test('the state of another trace is not handed on with an own one', async () => {
  const result = await run(['--', 'sh', '-c', 'echo "[$TRACESTATE]"'], { env: { TRACESTATE: 'vendor=1' } })
  expect(result.stdout).toBe('[]\n')
})

test('a trace that is not sampled is not recorded, and the command learns so', async () => {
  const env = { TRACEPARENT: PARENT.replace(/1$/, '0') }
  const result = await run(['--', 'sh', '-c', 'echo $TRACEPARENT'], { env })
  expect(result.stdout).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00\n$/)
  expect(sink.requests).toHaveLength(0)
})

test('without a DSN the command runs as it would, and TRACEPARENT stays', async () => {
  const result = await run(['--', 'sh', '-c', 'echo $TRACEPARENT; exit 4'], {
    env: { UPTRACE_DSN: '', TRACEPARENT: PARENT },
  })
  expect(result).toMatchObject({ code: 4, stdout: `${PARENT}\n` })
  expect(result.stderr).toMatch(/^uptrace: .*telemetry is disabled\n$/)
})

test('input and large output pass byte by byte; the attribute has the end of it', async () => {
  const line = `${'x'.repeat(99)}\n`
  const result = await run(['--', 'cat'], { input: `${line.repeat(20_000)}end` })
  expect(result.stdout.length).toBe(2_000_003)
  const tail = String(onlySpan().attributes['process.stdout'])
  expect(tail.endsWith(`${line}end`)).toBe(true)
  expect(tail.startsWith('xxx')).toBe(true)
  expect(tail.length).toBeLessThanOrEqual(4_096)
})

test('secrets in arguments, attributes and output are masked; the output itself is not', async () => {
  const command = 'echo password=hunter2hunter2; echo it is $DEPLOY_TOKEN; echo https://u:secretpass@host/'
  const result = await run(['--attribute', 'url=https://me:topsecret1@host', '--', 'sh', '-c', command], {
    env: { DEPLOY_TOKEN: 'only-in-the-environment' },
  })
  expect(result.stdout).toContain('only-in-the-environment')
  const sent = JSON.stringify(sink.received.map(({ request }) => request))
  for (const secret of ['hunter2hunter2', 'only-in-the-environment', 'secretpass', 'topsecret1'])
    expect(sent).not.toContain(secret)
  expect(onlySpan().attributes['process.stdout']).toBe('password=***\nit is ***\nhttps://REDACTED@host/')
})

test('--no-output keeps nothing of the output', async () => {
  const result = await run(['--no-output', '--', 'sh', '-c', 'echo out; echo err >&2'])
  expect(result).toMatchObject({ stdout: 'out\n', stderr: 'err\n' })
  expect(Object.keys(onlySpan().attributes)).not.toContain('process.stdout')
})

test('--url says on stderr where the trace is', async () => {
  const { stderr } = await run(['--url', '--', 'true'])
  const { traceId, spanId } = onlySpan()
  expect(stderr).toBe(`uptrace-node: http://localhost:${sink.port}/traces/${traceId}?span_id=${spanId}\n`)
})

test('a command that does not exist: 127 as in a shell, and no argument of it is repeated', async () => {
  const result = await run(['--', 'no-such-command', '--password', 'hunter2hunter2'])
  expect(result).toMatchObject({ code: 127, stderr: 'uptrace-node run: no-such-command: command not found\n' })
  expect(onlySpan().status).toMatchObject({ code: ERROR, message: 'could not be started: ENOENT' })
  expect(JSON.stringify(sink.received.map(({ request }) => request))).not.toContain('hunter2hunter2')
})

test('a reader that goes away ends the command, as in a pipe', async () => {
  const child = spawn('sh', ['-c', `"${process.execPath}" "${CLI}" run -- yes | head -1`], {
    env: { PATH: process.env.PATH, UPTRACE_DSN: `http://t@localhost:${sink.port}` },
  })
  await new Promise((resolve) => child.once('close', resolve))
  expect(onlySpan().attributes['process.stdout']).toMatch(/^y\n/)
})

test.for([
  [['--'], 'the command is missing'],
  [['--nmae', 'x', '--', 'true'], 'unknown option'],
  [['--attribute', 'novalue', '--', 'true'], '--attribute must be key=value'],
] as const)('wrong arguments %j: code 2 and why', async ([args, reason]) => {
  const result = await run(args)
  expect(result.code).toBe(2)
  expect(result.stderr).toContain(`uptrace-node run: ${reason}\n`)
})
