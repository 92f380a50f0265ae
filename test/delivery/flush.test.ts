/** Flushing and shutting down: one deadline, counts of what came of it, and nothing left that holds the process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { sleep, startDelivery } from './support.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const all = () => [sink.destination('traces'), sink.destination('logs'), sink.destination('metrics')]

test('forceFlush tells what was delivered since it was called', async () => {
  const { delivery, createSpans, logger } = startDelivery(all())
  createSpans(7)
  expect(await delivery.forceFlush()).toEqual({ delivered: 7, dropped: 0, timedOut: false })
  createSpans(3)
  logger.emit({ body: 'one' })
  expect(await delivery.forceFlush()).toEqual({ delivered: 4, dropped: 0, timedOut: false })
  expect(await delivery.forceFlush()).toEqual({ delivered: 0, dropped: 0, timedOut: false })
  await delivery.shutdown()
})

test('forceFlush tells what was refused', async () => {
  sink.behaviour = { status: 400 }
  const { delivery, createSpans } = startDelivery(all())
  createSpans(5)
  expect(await delivery.forceFlush()).toEqual({ delivered: 0, dropped: 5, timedOut: false })
  await delivery.shutdown()
})

test('forceFlush ends at its deadline, and 0 does not wait', async () => {
  sink.behaviour = 'hang'
  const { delivery, createSpans } = startDelivery(all())
  createSpans(5)
  const start = performance.now()
  expect(await delivery.forceFlush({ timeoutMillis: 200 })).toEqual({ delivered: 0, dropped: 0, timedOut: true })
  expect(performance.now() - start).toBeGreaterThan(150)
  const later = performance.now()
  expect(await delivery.forceFlush({ timeoutMillis: 0 })).toMatchObject({ timedOut: true })
  expect(performance.now() - later).toBeLessThan(150)
  await delivery.shutdown({ timeoutMillis: 1 })
})

test('shutdown counts what it had to give up', async () => {
  sink.behaviour = 'hang'
  const { delivery, createSpans } = startDelivery(all())
  createSpans(5)
  expect(await delivery.shutdown({ timeoutMillis: 200 })).toEqual({ delivered: 0, dropped: 5, timedOut: true })
})

test('a second caller of shutdown waits no longer than it says', async () => {
  sink.behaviour = 'hang'
  const { delivery, createSpans } = startDelivery(all())
  createSpans(5)
  const start = performance.now()
  const first = delivery.shutdown({ timeoutMillis: 3000 })
  expect(await delivery.shutdown({ timeoutMillis: 100 })).toEqual({ delivered: 0, dropped: 0, timedOut: true })
  expect(performance.now() - start).toBeLessThan(2000)
  expect(await first).toEqual({ delivered: 0, dropped: 5, timedOut: true })
  expect(await delivery.shutdown({ timeoutMillis: 100 })).toMatchObject({ delivered: 0, timedOut: true })
})

test('what providers flush within a limit waits no longer than that', async () => {
  sink.behaviour = 'hang'
  const { delivery, createSpans, tracerProvider, loggerProvider, logger } = startDelivery(all())
  createSpans(5)
  logger.emit({ body: 'one' })
  const start = performance.now()
  await delivery.limited(200, () => Promise.allSettled([tracerProvider.forceFlush(), loggerProvider.forceFlush()]))
  expect(performance.now() - start).toBeLessThan(5000)
  await delivery.shutdown({ timeoutMillis: 1 })
})

test('where there are two destinations, both have to take it', async () => {
  const other = await startSink()
  other.behaviour = { status: 400 }
  const { delivery, createSpans } = startDelivery([sink.destination('traces'), other.destination('traces')])
  createSpans(5)
  expect(await delivery.forceFlush()).toEqual({ delivered: 0, dropped: 5, timedOut: false })
  await delivery.shutdown()
  await other.close()
})

test.for(['forceFlush', 'shutdown'])('once %s is answered nothing of it holds the process', async (method) => {
  sink.behaviour = 'hang'
  const support = JSON.stringify(path.join(import.meta.dirname, 'support.ts'))
  const program = `
    import { startDelivery } from ${support}
    const { delivery, createSpans, tracerProvider } = startDelivery([${JSON.stringify(sink.destination('traces'))}])
    createSpans(5)
    for (let round = 0; round < 10; round++) void delivery.limited(100, () => tracerProvider.forceFlush()).catch(() => {})
    for (let round = 0; round < 10; round++) await delivery.${method}({ timeoutMillis: 100 })
    process.stdout.write('answered')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  const answered = performance.now()
  await once(child, 'exit')
  expect(performance.now() - answered).toBeLessThan(5000)
  await sleep(0)
})
