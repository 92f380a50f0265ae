/** A start with 10,000 small files in the spool. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Sink } from '../faults/sink.ts'
import { requestsIn, runSpoolJob } from './spool-jobs.ts'
import { withFolder, withSink } from './support.ts'

/** The same request under many names, each as the package itself would name it. */
function multiply(folder: string, count: number): void {
  const [name] = requestsIn(folder)
  const file = path.join(folder, name!)
  const [, head, sequence, tail] = /^(.*[-/])(\d+)(\.otlp)$/.exec(file)!
  const bytes = readFileSync(file)
  for (let index = 1; index <= count; index++)
    writeFileSync(`${head}${String(Number(sequence) + index).padStart(sequence!.length, '0')}${tail}`, bytes, {
      mode: 0o600,
    })
}

/** The longest turn of the loop, as CPU time: another process may have the processor for long. */
const MEASURE = `
  let longest = 0, last = process.threadCpuUsage()
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last)
    longest = Math.max(longest, (user + system) / 1000); last = process.threadCpuUsage()
  }, 1)
  process.on('exit', () => console.log(Math.round(longest))); setTimeout(() => clearInterval(timer), 1_000)`

describe('C8', () => {
  test.for<[string, (sink: Sink) => Promise<void>, object?]>([
    ['whose back end is still down', async () => {}],
    ['whose back end is there again', (sink) => sink.start()],
    ['that are older than is allowed', async () => {}, { spoolMaxAgeMillis: 1 }],
  ])('C8 · 10,000 requests that were left, %s: the loop is not blocked', ([, change, options]) =>
    withFolder((folder) =>
      withSink(async (sink) => {
        chmodSync(folder, 0o700)
        await sink.stop()
        await runSpoolJob(sink, folder)
        multiply(folder, 10_000)
        await change(sink)
        const { stdout } = await runSpoolJob(sink, folder, 'later', 1_000, MEASURE, options)
        expect(Number(stdout)).toBeGreaterThan(0)
        // 20 with ours, of which the most is garbage collection
        expect(Number(stdout)).toBeLessThan(100)
      }),
    ),
  )
})
