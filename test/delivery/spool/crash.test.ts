/** Real processes that are killed at any moment, or end young again and again, leave a spool from which everything arrives. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../../faults/sink.ts'
import { sleep, startDelivery, until } from '../support.ts'

const FIXTURES = path.join(import.meta.dirname, '../fixtures')
const ROUNDS = 32
/** Half a second is promised; the rest is for a machine whose processes wait for their turn. */
const SAFE_AFTER_MILLIS = 900
let sink: Sink
let directory: string
beforeEach(async () => {
  sink = await startSink()
  directory = mkdtempSync(path.join(tmpdir(), 'uptrace-spool-'))
})
afterEach(async () => {
  await sink.close()
  rmSync(directory, { recursive: true, force: true })
})

interface Tick {
  readonly id: string
  readonly at: number
}

/** Kills a program some time after its first span. @returns its spans that were safe by then */
async function killAt(millis: number, delayMillis: number): Promise<Tick[]> {
  const child = spawn(process.execPath, [path.join(FIXTURES, 'ticker.ts')], {
    env: { PATH: process.env.PATH, SINK_URL: sink.url, SPOOL: directory, DELAY: String(delayMillis) },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  const started = new Promise((resolve) => child.stdout.once('data', resolve))
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  await started
  await sleep(millis)
  child.kill('SIGKILL')
  await closed
  const ticks = output
    .split('\n')
    .slice(0, -1)
    .map((line): Tick => ({ id: line.split(' ')[0]!, at: Number(line.split(' ')[1]) }))
  // the last tick is the last sign that the loop was turning
  return ticks.filter(({ at }) => at < ticks.at(-1)!.at - SAFE_AFTER_MILLIS)
}

/** Sends what is left. */
async function replayAll(): Promise<void> {
  const { delivery } = startDelivery([sink.destination('traces', { headers: {} })], { spoolDirectory: directory })
  await until(() => readdirSync(directory).every((name) => name.endsWith('.lock')), 60_000)
  await delivery.shutdown()
  expect(delivery.health().spoolSkipped).toBe(0)
}

test.for(['down', 'hanging'])(
  'SIGKILL at a random moment: all but the last moments arrives, back end %s',
  { timeout: 240_000 },
  async (state) => {
    if (state === 'down') await sink.stop()
    else sink.behaviour = 'hang'
    const safe: Tick[] = []
    let left = ROUNDS / 2
    const killSome = async (): Promise<void> => {
      // batches that stay open for long, and such as close all the time
      while (left-- > 0) safe.push(...(await killAt(300 + Math.random() * 1800, left % 3 === 0 ? 100 : 5000)))
    }
    await Promise.all([killSome(), killSome()])
    if (state === 'down') await sink.start()
    else sink.behaviour = 'ok'
    await replayAll()
    const arrived = sink.spanIds()
    expect(safe.length).toBeGreaterThan(100)
    expect(safe.filter(({ id }) => !arrived.has(id))).toEqual([])
  },
)
