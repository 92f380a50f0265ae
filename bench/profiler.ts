/** What `uptrace-node dev --profile` adds to a request, beside `dev` without it: CPU of the process, in turns. `APP=fetch npm run bench:profiler` */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { startViewer } from '../src/viewer/index.ts'
import { startLoadGenerator } from './load.ts'
import type { Usage } from './program.ts'
import { meanOfQuickest, table } from './tables.ts'

const APP = process.env.APP ?? 'express'
const SLICES = Number(process.env.SLICES ?? 24)
const REQUESTS = Number(process.env.REQUESTS ?? 1_500)
const WARMUP = Number(process.env.WARMUP ?? 6_000)
const CONNECTIONS = 32
const ARMS: Readonly<Record<string, Readonly<Record<string, string>> | undefined>> = {
  'bare Node': undefined,
  dev: {},
  'dev --profile': { UPTRACE_DEV_PROFILE: 'true' },
}

const viewer = await startViewer({ maxSpans: 50_000 })
const generator = startLoadGenerator()
const runs = await Promise.all(Object.entries(ARMS).map(start))
for (const run of runs) await generator.apply({ port: run.port, connections: CONNECTIONS, requests: WARMUP })
// forth and back, so that none always comes after the same one
for (let slice = 0; slice < SLICES; slice++)
  for (const run of slice % 2 === 0 ? runs : runs.toReversed()) await take(run)
const [bare, dev, profiled] = runs.map(({ micros }) => meanOfQuickest(micros)) as [number, number, number]
const row = (name: string, micros: number) => [
  name,
  `${micros.toFixed(0)} µs`,
  `+${((micros / bare - 1) * 100).toFixed(0)} %`,
]
console.log(
  table(
    [`CPU a request, ${APP}`, '', 'over bare Node'],
    [row('bare Node', bare), row('dev', dev), row('dev --profile', profiled)],
  ),
)
console.log(`--profile adds ${(profiled - dev).toFixed(0)} µs, ${((profiled / dev - 1) * 100).toFixed(0)} % of dev`)
for (const { child } of runs) child.disconnect()
generator.stop()
await viewer.close()
process.exit()

async function start([name, more]: [string, Readonly<Record<string, string>> | undefined]) {
  const child = fork(path.join(import.meta.dirname, `apps/${APP}.cjs`), {
    execArgv: more ? ['--require', path.join(import.meta.dirname, '../dist/register.cjs')] : [],
    env: { ...process.env, ...(more && { UPTRACE_DEV_DSN: viewer.dsn, OTEL_SERVICE_NAME: name }), ...more },
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { child, port, micros: [] as number[] }
}

async function take({ child, port, micros }: Awaited<ReturnType<typeof start>>): Promise<void> {
  const usage = async (): Promise<number> => {
    child.send('usage')
    return ((await once(child, 'message')) as [Usage])[0].cpuMicros
  }
  const before = await usage()
  await generator.apply({ port, connections: CONNECTIONS, requests: REQUESTS })
  micros.push(((await usage()) - before) / REQUESTS)
}
