/** Runs a server of others, bare and with telemetry, asks it for paths, and gives what it answered and which spans it made. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { startSink } from '../faults/sink.ts'
import { freePort } from '../support/backends.ts'
import { attributesOf, type Decoded } from '../wire/proto/otlp.ts'

/** A request: `GET` of a path, or more. */
export type Ask = string | { readonly path: string; readonly method?: string; readonly body?: unknown }

export interface Program {
  readonly folder: string
  /** Arguments of Node; `{port}` is replaced. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Of each request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Answers once the server is up. */
  readonly ready: string
  readonly asks: readonly Ask[]
}

export interface Span {
  readonly name: string
  readonly isServer: boolean
  readonly isError: boolean
  readonly traceId: string
  readonly isRoot: boolean
  readonly path: string | undefined
  readonly route: string | undefined
  readonly status: number | undefined
}

export interface Outcome {
  /** Status and type of each answer. */
  readonly answers: readonly string[]
  readonly exit: string
  /** Processor time from the start to the first answer; where the system does not tell, time. */
  readonly startMillis: number
  readonly spans: readonly Span[]
  /** Lines of ours on standard error. */
  readonly warnings: readonly string[]
}

const START_MILLIS = 180_000

/** @param flags of Node, in front of the program's own arguments */
export async function runProgram(program: Program, flags: readonly string[]): Promise<Outcome> {
  const port = await freePort()
  const sink = await startSink()
  const fill = (text: string): string => text.replaceAll('{port}', String(port))
  const started = performance.now()
  const child = spawn(process.execPath, [...flags, ...program.args.map(fill)], {
    cwd: program.folder,
    env: {
      ...withoutTelemetry(),
      PORT: String(port),
      UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}`,
      ...Object.fromEntries(Object.entries(program.env ?? {}).map(([name, value]) => [name, fill(value)])),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  try {
    const base = `http://127.0.0.1:${port}`
    await waitFor(base + program.ready, child, () => output)
    const startMillis = processorMillis(child.pid!) ?? performance.now() - started
    const answers: string[] = []
    for (const ask of program.asks) answers.push(await answerOf(base, ask, program.headers))
    const exit = await stop(child)
    await pause(300)
    const warnings = output.split('\n').filter((line) => line.startsWith('uptrace: '))
    const distinct = new Map(sink.items('traces').map((span) => [span.spanId as string, span]))
    return { answers, exit, startMillis, spans: [...distinct.values()].map(describe), warnings }
  } finally {
    child.kill('SIGKILL')
    await sink.close()
  }
}

async function waitFor(url: string, child: ChildProcess, output: () => string): Promise<void> {
  for (const end = performance.now() + START_MILLIS; performance.now() < end; await pause(20)) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${output().slice(-2_000)}`)
    const isUp = await fetch(url).then(
      async (response) => {
        await response.arrayBuffer()
        return response.status < 500
      },
      () => false,
    )
    if (isUp) return
  }
  throw new Error(`${url} did not answer:\n${output().slice(-2_000)}`)
}

/** User and system time of a process so far, in ticks of 10 ms, by proc(5). */
function processorMillis(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return undefined
  }
}

async function answerOf(base: string, ask: Ask, common: Record<string, string> = {}): Promise<string> {
  const { path, method = 'GET', body } = typeof ask === 'string' ? { path: ask } : ask
  const response = await fetch(base + path, {
    method,
    redirect: 'manual',
    headers: { ...common, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  await response.arrayBuffer()
  return `${method} ${path} ${response.status} ${response.headers.get('content-type') ?? '-'}`
}

/** @returns code and signal */
function stop(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(`${code ?? signal}`))
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 15_000).unref()
  })
}

function describe(span: Decoded): Span {
  const attributes = attributesOf(span)
  return {
    name: span.name,
    isServer: span.kind === 2,
    isError: span.status?.code === 2,
    traceId: span.traceId,
    isRoot: !span.parentSpanId,
    path: attributes['url.path'] as string | undefined,
    route: attributes['http.route'] as string | undefined,
    status: attributes['http.response.status_code'] as number | undefined,
  }
}

function withoutTelemetry(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(UPTRACE_|OTEL_|NODE_OPTIONS|NODE_ENV|CI$)/.test(name)),
  )
}
