/** A back end that refuses or hangs: what was asked for with a limit answers in time, and nothing keeps the program alive afterwards. */
import { describe, expect, test } from 'vitest'
import { importsOf, run, withSink } from './support.ts'

/** Node, telemetry and other work of this machine. */
const SLOW_START_MILLIS = 3_000

describe.concurrent('C6', () => {
  test.for<[string, string]>([
    ['await forceFlush({ timeoutMillis: 500 })', 'forceFlush({ timeoutMillis: 500 })'],
    ['await forceFlush() of the handle', 'telemetry.forceFlush({ timeoutMillis: 500 })'],
    ['await reportPanic()', `reportPanic(new Error('panic'), { timeoutMillis: 500 })`],
    ['await forceFlush({ timeoutMillis: 0 })', 'forceFlush({ timeoutMillis: 0 })'],
    ['ten at once', 'Promise.all(Array.from({ length: 10 }, () => forceFlush({ timeoutMillis: 500 })))'],
  ])('C6 · %s with a back end that refuses lets the program end', ([, call]) =>
    withSink(async (sink) => {
      await sink.stop()
      const source = `${importsOf('mjs', 'configureOpentelemetry, forceFlush, reportPanic')}
        const telemetry = configureOpentelemetry({ endpoint: '${sink.url}', logLevel: 'none' })
        api.trace.getTracer('t').startSpan('s').end()
        await ${call}; const at = performance.now(); process.on('exit', () => console.log(performance.now() - at))`
      const { code, stdout } = await run('mjs', source, { timeoutMillis: 6_000 })
      expect(code).toBe(0)
      expect(Number(stdout)).toBeLessThan(SLOW_START_MILLIS)
    }),
  )
})
