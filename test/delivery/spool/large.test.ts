/** A start with many files left over blocks the loop for no more than a slice, and remembers few of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compressSync } from '../../../src/delivery/queue/compress.ts'
import { encodeSpoolFile, identify } from '../../../src/delivery/spool/file-format.ts'
import { formatFileName } from '../../../src/delivery/spool/file-name.ts'
import { encodeRequest } from '../../../src/wire/encode-request.ts'
import { encodeSpan } from '../../../src/wire/encode-traces.ts'
import { ProtobufWriter } from '../../../src/wire/protobuf-writer.ts'
import { type Sink, startSink } from '../../faults/sink.ts'
import { sleep, startDelivery, until } from '../support.ts'

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

/** Requests of one span each, of an owner that is gone. */
async function leave(count: number): Promise<void> {
  const body = compressSync(await encodeOneSpan(), 'gzip')
  const identity = identify(sink.destination('traces'), 'test')
  const createdAt = Date.now() - 60_000
  const bytes = encodeSpoolFile({ signal: 'traces', encoding: 'gzip', count: 1, createdAt, ...identity, body })
  for (let sequence = 0; sequence < count; sequence++) {
    const name = formatFileName({
      createdAt: createdAt + sequence,
      ...identity,
      bytes: bytes.length,
      owner: 'a'.repeat(16),
      sequence,
    })
    writeFileSync(path.join(directory, name), bytes, { mode: 0o600 })
  }
}

async function encodeOneSpan(): Promise<Buffer> {
  const spans: ReadableSpan[] = []
  const { tracerProvider, delivery, tracer } = startDelivery([], { spoolDirectory: directory }) // loads all that is loaded late
  const span = tracer.startSpan('left over')
  span.end()
  spans.push(span as unknown as ReadableSpan)
  await Promise.all([tracerProvider.shutdown(), delivery.shutdown()])
  const writer = new ProtobufWriter()
  encodeSpan(writer, spans[0]!)
  const { resource, instrumentationScope: scope } = spans[0]!
  return encodeRequest([{ resource, scope, items: writer.written() }])
}

test.for([
  [100_000, 'down'],
  [20_000, 'up'],
] as const)('%i files, back end %s', { timeout: 300_000 }, async ([count, state]) => {
  await leave(count)
  if (state === 'down') await sink.stop()
  const heapBefore = process.memoryUsage().heapUsed
  const turns = measureTurns()
  const { delivery, createSpans } = startDelivery([sink.destination('traces')], {
    spoolDirectory: directory,
    spoolLimitBytes: 1024 * 1024 * 1024,
  })
  createSpans(10)
  if (state === 'up') await until(() => delivery.health().signals.traces!.delivered > 2000, 60_000)
  else await sleep(5000)
  const longest = turns.stop()
  console.log(`${count} files, back end ${state}: at most ${longest.toFixed(1)} ms CPU in a turn of the loop`)
  // a slice is 4 ms, the rest is garbage collection and the back end, which is in this process; it was 1,700 ms with 20,000 files
  expect(longest).toBeLessThan(60)
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(40 * 1024 * 1024)
  await delivery.shutdown({ timeoutMillis: 10 })
})

/** CPU time, not time: another process may have the processor for long. */
function measureTurns(): { stop(): number } {
  const turns: number[] = []
  let last = cpuMillis()
  let timer = setTimeout(measure, 1)
  return {
    stop() {
      clearTimeout(timer)
      return Math.max(...turns)
    },
  }

  function measure(): void {
    const now = cpuMillis()
    turns.push(now - last)
    last = now
    timer = setTimeout(measure, 1)
  }
}

function cpuMillis(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
