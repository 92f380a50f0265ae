/** The Collectors of deploy/ in tests: their addresses, their start, and a program that sends to them. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Collector, freePort, runCollector } from '../support/backends.ts'

export const CONFIGS = path.join(import.meta.dirname, '../../deploy/kubernetes/collector')

/** Makes spans and, where asked, log records at a steady pace for as long as it is told, and says what became of them. */
export const LOAD = `
import { logs } from '@opentelemetry/api-logs'
import { configureOpentelemetry, withSpan } from 'uptrace-node'
const telemetry = configureOpentelemetry({ serviceName: 'load', metricsEnabled: false })
const logger = process.env.LOAD_LOGS ? logs.getLogger('load') : undefined
const end = Date.now() + Number(process.env.LOAD_MILLIS)
let records = 0
while (Date.now() < end) {
  for (let i = 0; i < 20; i++) withSpan('work', () => {})
  logger?.emit({ body: String(records++) })
  await new Promise((resolve) => setTimeout(resolve, 10))
}
await telemetry.shutdown({ timeoutMillis: 60_000 })
const { created, delivered, dropped } = telemetry.health().signals.traces
console.log(JSON.stringify({ created, delivered, dropped, records }))
`

export interface Addresses {
  readonly http: number
  readonly env: Record<string, string>
}

/** Free ports and a folder of its own, as the configurations read them. */
export async function addresses(more: Record<string, string> = {}): Promise<Addresses> {
  const [http, grpc, health] = await Promise.all([freePort(), freePort(), freePort()])
  return {
    http,
    env: {
      OTLP_HTTP_LISTEN: `127.0.0.1:${http}`,
      OTLP_GRPC_LISTEN: `127.0.0.1:${grpc}`,
      HEALTH_LISTEN: `127.0.0.1:${health}`,
      QUEUE_DIRECTORY: mkdtempSync(path.join(tmpdir(), 'otelcol-queue-')),
      UPTRACE_DSN: 'https://token@back-end',
      ...more,
    },
  }
}

export interface Relays {
  /** Names of files in deploy/kubernetes/collector. */
  start(configs: readonly string[], env: Record<string, string>): Promise<Pick<Collector, 'stop'>>
  /** Kills those that still run. */
  stopAll(): Promise<void>
}

export function createRelays(): Relays {
  const started: Array<Pick<Collector, 'stop'>> = []
  return {
    async start(configs, env) {
      const collector = await runCollector(
        configs.map((name) => path.join(CONFIGS, name)),
        env,
      )
      started.push(collector)
      return collector
    },
    stopAll: async () => void (await Promise.all(started.map((collector) => collector.stop('SIGKILL')))),
  }
}

export const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))
