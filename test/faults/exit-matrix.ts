/** Checks one ending on one Node: with a back end that works, one that is down, one that hangs, and a spool. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { RunResult } from '../support/run-node.ts'
import { runSource } from '../support/run-node.ts'
import { deliveredTo, type Ending, isComplete, runEnding, SPANS, sameText } from './endings.ts'
import { type Sink, startSink } from './sink.ts'

const OUTAGE_LIMIT_MILLIS = 2500
/** A bare program is over in 40 ms, and ours has some 300 ms of work; on a machine that is busy both take longer. */
const SLOWNESS = 8

/** Undefined, or what was wrong. */
export type Verdict = string | undefined

/** All spans, log records and metrics arrive; code, signal and stderr are those of the program without telemetry. */
export async function checkDelivery(ending: Ending, node: string, bare: RunResult): Promise<Verdict> {
  return withSink(async (sink) => {
    const result = await runEnding(ending, dsnOf(sink), { node })
    const delivered = deliveredTo(sink)
    if (!isComplete(delivered, ending)) return `delivered ${JSON.stringify(delivered)}; ${describe(result)}`
    if (result.code !== bare.code || result.signal !== bare.signal)
      return `ended otherwise: ${describe(result)}; without telemetry ${describe(bare)}`
    if (sameText(result.stderr) !== sameText(bare.stderr))
      return `says ${JSON.stringify(result.stderr)}; without telemetry ${JSON.stringify(bare.stderr)}`
    return undefined
  })
}

/** With nobody listening, or nobody answering, the end comes in time: with an allowance for a busy machine, which delays the bare program too. */
export async function checkOutage(ending: Ending, node: string, how: 'refused' | 'hang'): Promise<Verdict> {
  const bare = await runEnding(ending, undefined, { node })
  return withSink(async (sink) => {
    if (how === 'hang') sink.behaviour = 'hang'
    else await sink.stop()
    const result = await runEnding(ending, dsnOf(sink), { node })
    const millis = Math.round(result.millis)
    const after = await runEnding(ending, undefined, { node })
    const usual = Math.max(bare.millis, after.millis)
    if (millis > OUTAGE_LIMIT_MILLIS + SLOWNESS * usual) return `${how}: ended after ${millis} ms; ${describe(result)}`
    if (result.code !== bare.code || result.signal !== bare.signal)
      return `${how}: ended otherwise: ${describe(result)}; without telemetry ${describe(bare)}`
    return undefined
  })
}

/** What could not be sent is on disk, and the next start sends it. */
export async function checkSpool(ending: Ending, node: string): Promise<Verdict> {
  const directory = mkdtempSync(path.join(tmpdir(), 'spool-'))
  const spool = `, delivery: { spoolDirectory: '${directory}' }`
  try {
    return await withSink(async (sink) => {
      await sink.stop()
      await runEnding(ending, dsnOf(sink), { node }, spool)
      await sink.start()
      const next = `require('uptrace-node').configureOpentelemetry({ dsn: '${dsnOf(sink)}'${spool} }); setTimeout(() => {}, 1500)`
      await runSource('cjs', next, { node })
      const { spans } = deliveredTo(sink)
      return spans < SPANS ? `spool: ${spans} of ${SPANS} spans after the next start` : undefined
    })
  } catch (error) {
    // someone else has taken the port in between
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return await checkSpool(ending, node)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const dsnOf = (sink: Sink): string => `http://t@127.0.0.1:${sink.port}`
const describe = ({ code, signal, stderr }: RunResult): string =>
  `code ${code}, signal ${signal} ${stderr.slice(0, 500)}`

async function withSink(check: (sink: Sink) => Promise<Verdict>): Promise<Verdict> {
  const sink = await startSink()
  try {
    return await check(sink)
  } finally {
    await sink.close().catch(() => {})
  }
}
