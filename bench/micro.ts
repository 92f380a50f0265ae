/** What single calls of the API cost: ours, the stock packages, and the loop around them. `npm run bench:micro` */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { ARMS, OURS } from './arms.ts'
import { folderOf, prepareArm } from './arms-install.ts'
import { copyApps } from './program.ts'
import { startSink } from './sink.ts'
import { meanOfQuickest, table } from './tables.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 2)
const STOCK = 'opentelemetry-same'
const COMPARED = ['none', OURS, STOCK] as const

type Measured = Readonly<Record<string, readonly number[]>>

/** Operation -> arm -> nanoseconds of each turn. */
export type MicroResults = Map<string, Map<string, number[]>>

/** The arms take turns, round by round. */
export async function measureMicro(): Promise<MicroResults> {
  for (const arm of COMPARED) {
    const reason = prepareArm(arm)
    if (reason) throw new Error(`${arm} is not installed: ${reason}`)
  }
  const results: MicroResults = new Map()
  for (let round = 0; round < ROUNDS; round++)
    for (const arm of COMPARED)
      for (const [operation, nanos] of Object.entries(await runArm(arm))) {
        const ofArms = results.get(operation) ?? new Map<string, number[]>()
        results.set(operation, ofArms)
        ofArms.set(arm, [...(ofArms.get(arm) ?? []), ...nanos])
      }
  return results
}

async function runArm(arm: string): Promise<Measured> {
  const { flags, env } = ARMS[arm]!
  const folder = folderOf(arm)
  const sink = await startSink()
  copyApps(folder)
  const child = fork(path.join(folder, 'apps/micro.cjs'), {
    cwd: folder,
    execArgv: [...flags.cjs!],
    env: { PATH: process.env.PATH, ...env?.(sink.port) },
  })
  try {
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${arm} ended with code ${code}`)
    })
    const [measured] = (await Promise.race([once(child, 'message'), ended])) as [Measured]
    ended.catch(() => undefined)
    return measured
  } finally {
    sink.stop()
  }
}

export function describeMicro(results: MicroResults): string {
  const rows = [...results].map(([operation, ofArms]) => {
    const [bare, ours, stock] = COMPARED.map((arm) => meanOfQuickest(ofArms.get(arm)!))
    const added = (ours! - bare!) / (stock! - bare!)
    return [`\`${operation}\``, ...[bare!, ours!, stock!].map((nanos) => `${nanos.toFixed(0)} ns`), added.toFixed(2)]
  })
  return [
    `Nanoseconds of CPU of the process for one call, by the quickest quarter of ${ROUNDS * 24} turns, with what is encoded, compressed and sent because of it: a span is encoded as it ends under uptrace-node, and the stock packages drop spans of a burst that their queue of 2,048 cannot hold. "ratio" is of what is added to the API without an SDK.`,
    table(['call', 'no SDK', ARMS[OURS]!.title, ARMS[STOCK]!.title, 'ratio'], rows),
  ].join('\n\n')
}

if (import.meta.main) console.log(describeMicro(await measureMicro()))
