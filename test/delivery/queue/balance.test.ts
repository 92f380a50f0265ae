/** Nothing vanishes: whatever a back end, the disk and the process do, each item is delivered, dropped for a reason, or waits. */
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Destination, Signal } from '../../../src/config/destination.ts'
import { Batch, Body } from '../../../src/delivery/queue/batch.ts'
import { createBudget } from '../../../src/delivery/queue/budget.ts'
import { DestinationQueue, type QueuedRequest } from '../../../src/delivery/queue/destination-queue.ts'
import { createPipeline, type Pipeline } from '../../../src/delivery/queue/signal-queue.ts'
import { createReporter } from '../../../src/delivery/reporter.ts'
import type { Outcome } from '../../../src/delivery/send/outcome.ts'
import { configureLog } from '../../../src/log.ts'
import { rememberSecret } from '../../../src/redact.ts'
import { encodeRequest } from '../../../src/wire/encode-request.ts'
import { totalOf } from '../support.ts'

const SECRET = 's3cr3t-t0ken'
const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs']
const DESTINATIONS = 2
let lines: string[] = []

beforeEach(() => {
  lines = []
  rememberSecret(SECRET)
  const say = (line: string): void => void lines.push(line)
  configureLog({ level: 'debug', logger: { error: say, warn: say, info: say, debug: say } })
})
afterEach(() => configureLog())

/** What a back end may come to, some of which a real one never would. */
const outcome: fc.Arbitrary<Outcome | Error> = fc.oneof(
  fc.record({
    kind: fc.constant('accepted' as const),
    rejected: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 40 }),
      fc.constantFrom(Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, 2 ** 60, 'many' as unknown as number),
    ),
    message: fc.constantFrom(undefined, `no ${SECRET}`, '\x1b[31mred\nuptrace: forged', 'x'.repeat(100_000)),
  }),
  fc.record({
    kind: fc.constant('retryable' as const),
    reason: fc.constantFrom('connection reset', `echo https://${SECRET}@host\r\n`),
    retryAfterMillis: fc.constantFrom(undefined, 1, 20),
    isCertain: fc.boolean(),
  }),
  fc.constant({ kind: 'stale' as const }),
  fc.record({
    kind: fc.constantFrom('too-large' as const, 'unsupported-encoding' as const, 'rejected' as const),
    reason: fc.constantFrom('answered 413', `answered 400: ${SECRET}`),
  }),
  fc.constant(new Error(`thrown ${SECRET}`)),
)

type Step =
  | { readonly do: 'create'; readonly signal: Signal; readonly count: number }
  | { readonly do: 'answer'; readonly which: number; readonly outcome: Outcome | Error }
  | {
      readonly do:
        | 'hurry'
        | 'hasten'
        | 'relax'
        | 'compress'
        | 'settle'
        | 'spool'
        | 'replay'
        | 'reload'
        | 'lose'
        | 'rest'
        | 'stop'
    }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 50,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      signal: fc.constantFrom(...SIGNALS),
      count: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 100, arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat(30), outcome }) },
  {
    weight: 30,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'hurry',
        'hasten',
        'relax',
        'compress',
        'settle',
        'spool',
        'replay',
        'reload',
        'lose',
        'rest',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'stop' as const }) },
) as fc.Arbitrary<Step>

const create16: Step = { do: 'create', signal: 'traces', count: 16 }
const compress: Step = { do: 'compress' }
const rest: Step = { do: 'rest' }
const settle: Step = { do: 'settle' }
const tooLarge: Step = { do: 'answer', which: 0, outcome: { kind: 'too-large', reason: 'answered 413' } }

test('created + replayed = delivered + dropped + queued at every step, and no secret gets out', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 500, max: 20_000 }), async (steps, limit) => {
      const world = createWorld(limit)
      for (const one of steps) {
        world.take(one)
        world.check(one.do)
        await settled(one.do === 'rest' ? 10 : 1)
        world.check(`${one.do}, later`)
      }
      world.take({ do: 'stop' })
      world.check('the end')
      expect(world.queued()).toBe(0)
      expect(world.usedBytes()).toBe(0)
    }),
    {
      numRuns: 120,
      // settled in part, by somebody else, before and while it is split
      examples: [
        [[create16, compress, tooLarge, settle, rest], 9003],
        [[create16, compress, settle, tooLarge, rest, tooLarge, rest], 9003],
      ],
    },
  )
  expect(lines.filter((line) => line.includes(SECRET) || /\p{Cc}/u.test(line))).toEqual([])
})

/** What the thread pool compresses takes longer than a turn. */
const settled = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

function createWorld(limit: number) {
  /** Attempts that wait for their answer. */
  const attempts: Array<{ answer(outcome: Outcome | Error): void }> = []
  const disk = new Map<string, { queue: DestinationQueue; request: QueuedRequest; isLoaded: boolean }>()
  let files = 0
  const persist = (queue: DestinationQueue, request: QueuedRequest): void => {
    request.spoolFile = `file ${files++}`
    disk.set(request.spoolFile, { queue, request, isLoaded: true })
  }
  const all: DestinationQueue[] = []
  const budget = createBudget(limit, () => all)
  const runUntraced = <T>(run: () => T): T => run()
  const replayed = new Map<DestinationQueue, number>()
  const createQueue = (signal: Signal, index: number): DestinationQueue =>
    new DestinationQueue({
      destination: { signal, label: `http://${index}.test`, timeoutMillis: 0, headers: {} } as unknown as Destination,
      index,
      encoding: index === 0 ? 'gzip' : 'zstd',
      sender: {
        send: () =>
          new Promise((resolve, reject) =>
            attempts.push({ answer: (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)) }),
          ),
        close() {},
      },
      budget,
      reporter: createReporter(`http://${index}.test`, runUntraced),
      runUntraced,
      observer: { attempted() {} },
      // one of the destinations has a disk
      spool: () =>
        index === 0
          ? {
              discard: (file) => void disk.delete(file),
              unload: (file) => {
                disk.get(file)!.isLoaded = false
              },
              persist,
            }
          : undefined,
      onEndingProgress() {},
    })
  const pipelines: Pipeline[] = SIGNALS.map((signal) => {
    const queues = Array.from({ length: DESTINATIONS }, (_, index) => createQueue(signal, index))
    all.push(...queues)
    return createPipeline(signal, queues, budget, runUntraced)
  })
  return { take, check, queued: () => all.reduce((sum, { queued }) => sum + queued, 0), usedBytes: () => budget.used }

  function take(one: Step): void {
    const [queue] = all
    const parked = [...disk].find(([, { isLoaded }]) => !isLoaded)
    if (one.do === 'create') {
      const pipeline = pipelines.find(({ signal }) => signal === one.signal)!
      pipeline.created += one.count
      pipeline.accept(encodeItems(one.count), one.count)
    } else if (one.do === 'answer') attempts.splice(one.which % (attempts.length || 1), 1)[0]?.answer(one.outcome)
    else if (one.do === 'hurry') for (const each of all) each.hurry()
    else if (one.do === 'hasten') for (const each of all) each.hasten()
    else if (one.do === 'relax') for (const each of all) each.relax()
    else if (one.do === 'compress') for (const pipeline of pipelines) pipeline.compressNow()
    else if (one.do === 'settle') {
      const [request] = queue!.pending()
      if (request) queue!.settle(request, Math.ceil(request.count / 2), request.count % 3 > 1 ? { rejected: 1 } : {})
    } else if (one.do === 'spool')
      for (const each of all.filter(({ index }) => index === 0))
        for (const request of each.pending())
          if (request.spoolFile === undefined) persist(each, request)
          else;
    else if (one.do === 'replay') {
      queue!.replay(7)
      replayed.set(queue!, (replayed.get(queue!) ?? 0) + 7)
      const request: QueuedRequest = {
        batch: new Batch('traces', 7, () => {}),
        body: new Body(encodeItems(7), budget),
        encoding: 'none',
        count: 7,
      }
      persist(queue!, request)
      disk.get(request.spoolFile!)!.isLoaded = false
    } else if (one.do === 'reload' && parked) {
      const [file, stored] = parked
      stored.isLoaded = true
      const { encoding, count, body } = stored.request
      const batch = new Batch('traces', count, () => {})
      const again = { batch, body: new Body(body.bytes, budget), encoding, count, spoolFile: file }
      stored.request = again
      stored.queue.unpark(again)
    } else if (one.do === 'lose' && parked) {
      parked[1].queue.dropParked(parked[1].request.count, 'unreadable')
      disk.delete(parked[0])
    } else if (one.do === 'stop') {
      for (const pipeline of pipelines) pipeline.compressNow()
      for (const [file, stored] of disk)
        if (!stored.isLoaded) {
          stored.queue.dropParked(stored.request.count, 'not_in_time')
          disk.delete(file)
        }
      for (const { request } of disk.values()) request.spoolFile = undefined
      disk.clear()
      for (const each of all) each.stop('not_in_time')
    }
  }

  function check(when: string): void {
    for (const pipeline of pipelines) {
      const { created, destinations } = pipeline.health()
      for (const [index, counts] of destinations.entries()) {
        const { delivered, dropped, queued, lastError } = counts
        const more = replayed.get(pipeline.queues[index]!) ?? 0
        expect(counts.replayed, when).toBe(more)
        expect(delivered + queued + totalOf(dropped), `${when}: ${JSON.stringify(counts)}`).toBe(created + more)
        expect(Math.min(delivered, queued, ...Object.values(dropped)), when).toBeGreaterThanOrEqual(0)
        expect(lastError ?? '').not.toMatch(/s3cr3t|\p{Cc}/u)
        expect((lastError ?? '').length).toBeLessThanOrEqual(500)
      }
    }
  }
}

const resource = { attributes: {} } as never
const scope = { name: 'test' } as never

/** A request whose items can be counted and split. */
function encodeItems(count: number): Buffer {
  // as a metric: one gauge with one data point
  const item = Buffer.from([0x12, 4, 0x2a, 2, 0x0a, 0])
  return encodeRequest([{ resource, scope, items: Buffer.concat(Array.from({ length: count }, () => item)) }])
}
