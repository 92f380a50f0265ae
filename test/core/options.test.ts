/** Options that cannot be right are refused by name; an environment that refuses hooks is no reason to fail. */
import { describe, expect, test } from 'vitest'
import { importsOf, linesOf, namesOf, run, withSink } from './support.ts'

describe.concurrent('C24', () => {
  test.for<[string, string, RegExp]>([
    ['a line end in a header', `headers: { x: 'a\\r\\nb' }`, /headers/],
    ['a character beyond Latin-1 in a header', `headers: { x: '€' }`, /headers/],
    ['a header whose name has a space', `headers: { 'no name': '1' }`, /headers/],
    ['a NUL in a header', `headers: { x: 'a\\0' }`, /headers/],
    ['a Map as headers', `headers: new Map([['x', 'y']])`, /headers/],
    ['null as an instrumentation', `instrumentations: [null]`, /instrumentations/],
    ['a number as an instrumentation', `instrumentations: [5]`, /instrumentations/],
    ['an object that is no instrumentation', `instrumentations: { add: [{}] }`, /instrumentations/],
  ])('C24 · %s is a ConfigError that names the option', ([, option, name]) =>
    withSink(async (sink) => {
      const source = `${importsOf('cjs')}
        try { configureOpentelemetry({ endpoint: '${sink.url}', ${option} }); console.log('taken') }
        catch (error) { console.log(error.constructor.name, /^ERR_/.test(error.code), error.message) }
        process.exit()`
      const { code, stdout } = await run('cjs', source)
      expect(code).toBe(0)
      expect(stdout).toMatch(/^ConfigError true /)
      expect(stdout).toMatch(name)
    }),
  )
})

describe.concurrent('C25', () => {
  const REFUSE = `throw new Error('module.registerHooks() is not supported in Jest')`
  test.for<[string, string]>([
    ['module.registerHooks() throws, as in Jest 30', `Module.registerHooks = () => { ${REFUSE} }`],
    [
      'module.register() throws, without registerHooks()',
      `Module.registerHooks = undefined; Module.register = () => { ${REFUSE} }`,
    ],
    [
      'diagnostics_channel cannot be subscribed to',
      `require('diagnostics_channel').subscribe = () => { throw new Error('not here') }`,
    ],
  ])('C25 · %s: a line for each part that is missing, and telemetry works', ([, refuse]) =>
    withSink(async (sink) => {
      const source = `'use strict'; const Module = require('module'); ${refuse}
        ${importsOf('cjs')} configureOpentelemetry({ endpoint: '${sink.url}' })
        api.trace.getTracer('t').startSpan('s').end(); api.metrics.getMeter('m').createCounter('c').add(1); api.logs.getLogger('l').emit({ body: 'b' })
        shutdown()`
      const result = await run('cjs', source)
      expect(result.code).toBe(0)
      expect(linesOf(result).length).toBeLessThanOrEqual(2)
      expect(new Set(linesOf(result)).size).toBe(linesOf(result).length)
      expect([namesOf(sink, 'traces'), namesOf(sink, 'logs')]).toEqual([['s'], ['b']])
      expect(namesOf(sink, 'metrics')).toContain('c')
    }),
  )
})
