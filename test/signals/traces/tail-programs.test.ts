/** Random programs under `keep`: what arrives, why, and for how many it stands, is what the documentation says; and all spans are measured before that. */
import { type Context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { emptyResource } from '@opentelemetry/resources'
import { AggregationTemporality, type MetricData } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import type { KeepOptions } from '../../../src/config/keep-options.ts'
import { createLoggerProvider } from '../../../src/signals/logs/provider.ts'
import { createSpanMetrics } from '../../../src/signals/metrics/span-metrics.ts'
import { createFates } from '../../../src/signals/traces/fates.ts'
import { createConfiguredSampler } from '../../../src/signals/traces/samplers.ts'
import { createTailSampler } from '../../../src/signals/traces/tail-sampling.ts'
import { createOwnTracerProvider } from '../../../src/signals/traces/tracer-provider.ts'
import { collectMetrics, startMetrics } from '../support.ts'
import { expectOf, noteThreshold } from './tail-model.ts'
import { type Happening, runProgram, START_TIME, type TailProgram, tailProgram, WAIT_MILLIS } from './tail-programs.ts'

vi.mock('../../../src/timers.ts', () => import('../../support/timers-of-the-moment.ts'))

/** `UPTRACE_TEST_RUNS=10` runs ten times as many; of whole numbers alone fast-check comes to an end. */
const RUNS = 120 * Number(process.env['UPTRACE_TEST_RUNS'] ?? 1)
const none = async (): Promise<void> => {}
const thresholdOf = (span: ReadableSpan): string | undefined =>
  /th:([0-9a-f]{1,14})(;|$)/.exec(span.spanContext().traceState?.get('ot') ?? '')?.[1]
const probabilityOf = (threshold: string): number => 1 - Number.parseInt(threshold.padEnd(14, '0'), 16) / 2 ** 56

afterEach(() => void vi.useRealTimers())

async function run(program: TailProgram, more: KeepOptions = {}) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const keep = { ...program.keep, waitMillis: WAIT_MILLIS, ...more }
  const kept: ReadableSpan[] = []
  const logs: unknown[] = []
  const decisions: Array<{ readonly traceId: string; readonly isKept: boolean; readonly at: number }> = []
  const fates = createFates()
  const next: SpanProcessor = { onStart() {}, onEnd: (span) => void kept.push(span), forceFlush: none, shutdown: none }
  const tail = createTailSampler({ ...keep, next: [next], fates })
  const loggers = createLoggerProvider({
    ...{
      resource: emptyResource(),
      limits: { attributeCountLimit: undefined, attributeValueLengthLimit: undefined },
      minSeverity: 0,
      severities: {},
      dropsUnsampled: true,
      setsSpanStatus: false,
    },
    ...{ logRecordProcessors: [], baggageKeys: [], printsPretty: false, fates },
    delivery: { onEmit: (record) => void logs.push(record.body), forceFlush: none, shutdown: none },
  })
  const { onDecided } = fates
  fates.onDecided = (traceId, isKept) => {
    decisions.push({ traceId, isKept, at: performance.now() })
    onDecided(traceId, isKept)
  }
  const metrics = startMetrics(AggregationTemporality.CUMULATIVE)
  let greatest = 0
  const provider = createOwnTracerProvider({
    resource: emptyResource(),
    sampler: createConfiguredSampler({ name: 'parentbased_always_on' } as never, undefined),
    spanProcessors: [createSpanMetrics(metrics.meterProvider, { names: ['*'] }), tail],
  })
  const happened = await runProgram(program, {
    startSpan: (tracer, name, parent: Context, links) => {
      greatest = Math.max(greatest, tail.waiting)
      return provider.getTracer(`tracer ${tracer}`).startSpan(name, { startTime: START_TIME, links }, parent)
    },
    onStart: noteThreshold,
    log: (body, span) => loggers.getLogger('l').emit({ body, context: trace.setSpan(ROOT_CONTEXT, span) }),
    pass: (millis) => void vi.advanceTimersByTime(millis),
    flush: () => provider.forceFlush(),
  })
  vi.useRealTimers()
  const calls = (await collectMetrics(metrics)).find(({ descriptor }) => descriptor.name.endsWith('calls'))
  await Promise.all([provider.shutdown(), metrics.meterProvider.shutdown(), loggers.shutdown()])
  return { keep, kept, logs, decisions, happened, tail, calls, greatest }
}

const endedOf = (happened: readonly Happening[]) =>
  happened.flatMap((one) =>
    'made' in one && one.what === 'end' && one.made.span.spanContext().traceFlags & 1 ? [one.made] : [],
  )

test('what arrives, why, and for how many', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(tailProgram, async (program) => {
      const { keep, kept, logs, decisions, happened, tail } = await run(program)
      const wasKept = (id: string): boolean => decisions.find(({ traceId }) => traceId === id)?.isKept === true
      const expected = expectOf(happened, keep, wasKept)
      expect(kept.map(({ name }) => name).sort()).toEqual([...expected.spans].sort())
      expect([...logs].sort()).toEqual([...expected.logs].sort())
      expect([tail.waiting, tail.sampledOut]).toEqual([0, expected.sampledOut])
      for (const span of kept) {
        expect(span.attributes['uptrace.keep.reason']).toBe(expected.reasons.get(span.name))
        const { threshold, probability } = expected.weights.get(span.name)!
        if (probability === undefined) expect(thresholdOf(span)).toBe(threshold)
        else expect(probabilityOf(thresholdOf(span)!)).toBeCloseTo(probability, 12)
        if (/other=x/.test(String(span.parentSpanContext?.traceState?.serialize())))
          expect(span.spanContext().traceState!.get('other')).toBe('x')
      }
    }),
    { numRuns: RUNS },
  )
})

test('all spans that end are measured, whatever is kept', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(tailProgram, async (program) => {
      const { calls, happened } = await run(program, { ratio: 0.01 })
      expect(sumsOf(calls)).toEqual(
        sumsBy(endedOf(happened).map(({ name, ended }) => `${name} ${ended!.fails ? 'ERROR' : 'UNSET'}`)),
      )
    }),
    { numRuns: RUNS / 3 },
  )
})

test('with little memory: the bound holds, no error is lost, and each span is kept or counted', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(tailProgram, fc.integer({ min: 0, max: 6000 }), async (program, bufferLimitBytes) => {
      const { kept, happened, tail, greatest } = await run(program, { errors: true, bufferLimitBytes })
      const ended = endedOf(happened)
      expect(greatest * 600).toBeLessThanOrEqual(bufferLimitBytes)
      expect(kept.length + tail.sampledOut).toBe(ended.length)
      expect(new Set(kept.map((span) => span.spanContext().spanId)).size).toBe(kept.length)
      const names = new Set(kept.map(({ name }) => name))
      for (const { name, ended: how } of ended) if (how!.fails) expect(names).toContain(name)
    }),
    { numRuns: RUNS / 3 },
  )
})

test('no more than perSecond allows, at any time', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(tailProgram, fc.constantFrom(0, 0.5, 1, 3), async (program, perSecond) => {
      const { decisions } = await run({ ...program, keep: { perSecond } })
      const first = new Map(decisions.toReversed().map((decision) => [decision.traceId, decision]))
      const callers = new Set(decisions.map(({ traceId }) => traceId).filter((id) => id.startsWith('abab')))
      const times = decisions
        .filter((one) => one.isKept && first.get(one.traceId) === one && !callers.has(one.traceId))
        .map(({ at }) => at)
      for (const [index, from] of times.entries())
        for (const [more, to] of times.slice(index).entries())
          expect(more + 1).toBeLessThanOrEqual(Math.ceil(perSecond) + ((to - from) / 1000) * perSecond + 1e-9)
    }),
    { numRuns: RUNS / 3 },
  )
})

function sumsOf(calls: MetricData | undefined): Record<string, number> {
  const entries = (calls?.dataPoints ?? []).map(
    ({ attributes, value }) =>
      [`${attributes['span.name']} ${String(attributes['status.code']).slice('STATUS_CODE_'.length)}`, value] as const,
  )
  return Object.fromEntries(entries as Array<[string, number]>)
}

function sumsBy(keys: readonly string[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const key of keys) sums[key] = (sums[key] ?? 0) + 1
  return sums
}
