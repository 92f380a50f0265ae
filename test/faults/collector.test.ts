/** A real OpenTelemetry Collector, killed and restarted under load: its output misses nothing. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Destination } from '../../src/config/destination.ts'
import { assertBalanced, sleep, startDelivery, until } from '../delivery/support.ts'

const binary = path.join(import.meta.dirname, '../../.cache/bin/otelcol')
if (!existsSync(binary))
  process.stdout.write(`skipped: no Collector at .cache/bin/otelcol (scripts/build-backends.sh makes one)\n`)

test.skipIf(!existsSync(binary)).for(['http/protobuf', 'http/json', 'grpc'] as const)(
  '45 a Collector killed and restarted under load, over %s',
  { timeout: 60_000 },
  async (protocol, { task }) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'uptrace-collector-'))
    const port = await freePort()
    const output = path.join(folder, 'out.json')
    const config = path.join(folder, 'config.yaml')
    // with rotation the file exporter writes without a buffer, so what it has acknowledged survives a kill
    writeFileSync(
      config,
      JSON.stringify({
        receivers: {
          otlp: { protocols: { [protocol === 'grpc' ? 'grpc' : 'http']: { endpoint: `127.0.0.1:${port}` } } },
        },
        exporters: { file: { path: output, rotation: { max_megabytes: 1000 } } },
        service: {
          pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } },
          telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
        },
      }),
    )
    const url = `http://127.0.0.1:${port}`
    const destination: Destination = {
      signal: 'traces',
      url: protocol === 'grpc' ? url : `${url}/v1/traces`,
      label: url,
      headers: {},
      protocol,
      compression: 'gzip',
      timeoutMillis: 2000,
      tls: undefined,
    }
    let collector: ChildProcess | undefined
    try {
      const { delivery, createSpans } = startDelivery([destination])
      for (let round = 0; round < 3; round++) {
        collector = spawn(binary, ['--config', config], { stdio: 'ignore' })
        for (let turn = 0; turn < 40; turn++) {
          createSpans(50)
          await sleep(25)
        }
        const exited = new Promise((resolve) => collector!.once('exit', resolve))
        collector.kill('SIGKILL')
        await exited
        for (let turn = 0; turn < 20; turn++) {
          createSpans(50)
          await sleep(25)
        }
      }
      collector = spawn(binary, ['--config', config], { stdio: 'ignore' })
      await delivery.forceFlush({ timeoutMillis: 20_000 })
      const { created, delivered } = assertBalanced(delivery.health())
      expect(delivered).toBe(created)
      const ids = readIds(output)
      await until(() => new Set(readIds(output)).size >= created, 3000)
      await delivery.shutdown()
      const distinct = new Set(ids).size
      expect(distinct).toBe(created)
      task.meta.fault = { number: '45', outcome: `${created} spans, all in its output, ${ids.length - distinct} twice` }
    } finally {
      collector?.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

function readIds(file: string): string[] {
  // a kill may cut the last line; that request was not acknowledged
  return [...readFileSync(file, 'utf8').matchAll(/"spanId":"([0-9a-f]{16})"/g)].map(([, id]) => id!)
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
