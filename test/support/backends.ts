/** Starts the real Collector and the real Jaeger that scripts/build-backends.sh built. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

const BIN = path.join(import.meta.dirname, '../../.cache/bin')

/** Says once, where it is missing, how to get it. */
export function isBuilt(name: 'otelcol' | 'jaeger'): boolean {
  const found = existsSync(path.join(BIN, name))
  if (!found) console.log(`skipped: ${name} is not built (scripts/build-backends.sh builds it; it needs Go)`)
  return found
}

export interface Collector {
  readonly httpPort: number
  readonly grpcPort: number
  /** What its file exporter wrote, one parsed request a line. */
  // biome-ignore lint/suspicious/noExplicitAny: OTLP JSON, looked into by tests
  output(): any[]
  stop(signal?: NodeJS.Signals): Promise<void>
}

export async function startCollector(options: { httpPort?: number; file?: string } = {}): Promise<Collector> {
  const folder = mkdtempSync(path.join(tmpdir(), 'otelcol-'))
  const file = options.file ?? path.join(folder, 'out.json')
  const [httpPort, grpcPort] = [options.httpPort ?? (await freePort()), await freePort()]
  const config = path.join(folder, 'config.yaml')
  writeFileSync(
    config,
    `receivers: { otlp: { protocols: { http: { endpoint: 127.0.0.1:${httpPort} }, grpc: { endpoint: 127.0.0.1:${grpcPort} } } } }
exporters: { file: { path: ${file}, append: true, flush_interval: 50ms } }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [file] }
    metrics: { receivers: [otlp], exporters: [file] }
    logs: { receivers: [otlp], exporters: [file] }
`,
  )
  const child = spawn(path.join(BIN, 'otelcol'), ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  await sees(child, 'Everything is ready')
  return {
    httpPort,
    grpcPort,
    output: () => (existsSync(file) ? completeLines(readFileSync(file, 'utf8')).map((line) => JSON.parse(line)) : []),
    stop: (signal = 'SIGTERM') => stop(child, signal),
  }
}

/** Runs the Collector with configurations of the repository, which take their addresses from `env`. */
export async function runCollector(
  configs: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Pick<Collector, 'stop'> & { readonly pid: number }> {
  const child = spawn(
    path.join(BIN, 'otelcol-fleet'),
    configs.flatMap((file) => ['--config', file]),
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, ...env },
    },
  )
  await sees(child, 'Everything is ready')
  return { pid: child.pid!, stop: (signal = 'SIGTERM') => stop(child, signal) }
}

/** What `otelcol validate` says; empty where it has nothing to object. */
export function validateCollector(
  configs: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(path.join(BIN, 'otelcol-fleet'), ['validate', ...configs.flatMap((file) => ['--config', file])], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
  })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
}

/** The last line may still be on its way to the disk. */
function completeLines(text: string): string[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
}

export interface Jaeger {
  readonly otlpPort: number
  readonly queryUrl: string
  stop(): Promise<void>
}

export async function startJaeger(): Promise<Jaeger> {
  const [otlpPort, queryPort, ...rest] = await Promise.all(Array.from({ length: 9 }, freePort))
  const local = (name: string, port: number | undefined): string => `--${name}.host-port=127.0.0.1:${port}`
  const child = spawn(
    path.join(BIN, 'jaeger'),
    [
      local('collector.otlp.http', otlpPort),
      local('collector.otlp.grpc', rest[0]),
      local('collector.http-server', rest[1]),
      local('collector.grpc-server', rest[2]),
      local('query.http-server', queryPort),
      local('query.grpc-server', rest[3]),
      local('admin.http', rest[4]),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, JAEGER_DISABLED: 'true' } },
  )
  const queryUrl = `http://127.0.0.1:${queryPort}`
  await answers(`${queryUrl}/api/services`)
  return { otlpPort: otlpPort!, queryUrl, stop: () => stop(child, 'SIGTERM') }
}

/** Asks until the answer satisfies, or fails with the last one. */
export async function eventually<T>(
  read: () => T | Promise<T>,
  isEnough: (value: T) => boolean,
  timeoutMillis = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMillis
  for (;;) {
    const value = await read()
    if (isEnough(value)) return value
    if (performance.now() > deadline)
      throw new Error(`not within ${timeoutMillis} ms; last: ${JSON.stringify(value)?.slice(0, 2000)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

async function answers(url: string): Promise<void> {
  await eventually(
    () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ),
    (ok) => ok,
    20_000,
  )
}

function sees(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      if (output.includes(text)) resolve()
    })
    child.once('exit', () => reject(new Error(output)))
  })
}

function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}
