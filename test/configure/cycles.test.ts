/** Configuring and shutting down for ever costs nothing that stays: no heap, no listener, no hook, no slower require. */
import { expect, test } from 'vitest'
import { startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'

/** `npm run test:bounds` runs two thousand. */
const CYCLES = 600

test(`${CYCLES} cycles leave heap, listeners and the time of a require as they were`, {
  timeout: 180_000,
}, async () => {
  const sink = await startSink()
  const source = `
    const api = require('@opentelemetry/api'); const { configureOpentelemetry, shutdown } = require('uptrace-node'); const Module = require('node:module')
    const channels = ['tracing:fastify.request.handler:start', 'undici:request:create', 'undici:client:sendHeaders', 'http.client.request.start'].map((name) => require('node:diagnostics_channel').channel(name))
    const tracer = api.trace.getTracer('t'); const counter = api.metrics.getMeter('m').createCounter('c')
    api.metrics.getMeter('m').createObservableGauge('g').addCallback((result) => result.observe(1))
    const cycle = async () => {
      configureOpentelemetry({ endpoint: '${sink.url}', connectionPhases: true, delivery: { exitFlush: true }, metricExportIntervalMillis: 3_600_000 })
      tracer.startSpan('s').end(); counter.add(1)
      api.metrics.getMeter('m').createCounter('c').add(1)
      await shutdown()
    }
    const settle = async () => {
      for (let index = 0; index < 20; index++) { await new Promise((resolve) => setTimeout(resolve, 100)); global.gc() }
    }
    const measure = () => {
      const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
      const started = process.hrtime.bigint()
      for (let index = 0; index < 20_000; index++) require('node:path')
      const requireMicros = Number(process.hrtime.bigint() - started) / 20_000 / 1_000
      const subscribed = channels.reduce((sum, channel) => sum + (channel._subscribers?.length ?? 0), 0)
      return { heap: process.memoryUsage().heapUsed, listeners, subscribed, requireMicros, hook: Module.prototype.require, timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length }
    }
    const run = async () => {
      await fetch('http://127.0.0.1:1').catch(() => {})
      for (let index = 0; index < 300; index++) await cycle()
      await settle()
      const before = measure()
      for (let index = 0; index < ${CYCLES}; index++) await cycle()
      await settle()
      const after = measure()
      console.log(JSON.stringify({ before, after, isSameHook: before.hook === after.hook }))
      process.exit()
    }
    run()`
  const result = await runSource('cjs', source, {
    flags: ['--expose-gc'],
    timeoutMillis: 170_000,
    env: { OTEL_LOG_LEVEL: 'none' },
  })
  await sink.close()
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const { before, after, isSameHook } = JSON.parse(result.stdout)
  expect(isSameHook).toBe(true)
  expect(after.listeners).toBe(before.listeners)
  expect(after.subscribed).toBeLessThanOrEqual(before.subscribed)
  expect(after.timers).toBeLessThanOrEqual(before.timers + 5)
  expect(after.requireMicros).toBeLessThan(before.requireMicros * 2 + 1)
  expect((after.heap - before.heap) / CYCLES).toBeLessThan(2_000)
})
