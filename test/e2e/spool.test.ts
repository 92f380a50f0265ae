/** A short job that starts again and again while the back end is down leaves a spool from which everything arrives. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startSink } from '../faults/sink.ts'

const STARTS = 70
const PARALLEL = 4
const DIST = path.join(import.meta.dirname, '../../dist/index.cjs')
const JOB = `
const { configureOpentelemetry } = require(${JSON.stringify(DIST)})
const { trace } = require('@opentelemetry/api')
const telemetry = configureOpentelemetry({ serviceName: 'job' })
if (process.argv[1] === 'make') {
  trace.getTracer('job').startSpan('run').end()
  setTimeout(() => process.exit(3), 130)
} else setInterval(() => {
  const { delivered, queued } = telemetry.health().signals.traces
  process.stdout.write(delivered + ' ' + queued + '\\n')
}, 100)
`
let directory: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'uptrace-spool-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test(`${STARTS} starts with the back end down`, { timeout: 600_000 }, async () => {
  const sink = await startSink()
  await sink.stop()
  const env = {
    PATH: process.env.PATH,
    UPTRACE_DSN: `http://token@127.0.0.1:${sink.port}`,
    UPTRACE_SPOOL_DIRECTORY: directory,
    OTEL_LOG_LEVEL: 'none',
  }
  const start = (how: string) => spawn(process.execPath, ['-e', JOB, how], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  let left = STARTS
  const startSome = async (): Promise<void> => {
    while (left-- > 0) expect(await new Promise((resolve) => start('make').once('exit', resolve))).toBe(3)
  }
  await Promise.all(Array.from({ length: PARALLEL }, startSome))
  expect(readdirSync(directory, { withFileTypes: true }).filter((entry) => !entry.isFile())).toEqual([])
  await sink.start()
  const last = start('deliver')
  let output = ''
  await new Promise<void>((resolve) => {
    last.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
      if (output.endsWith(`${STARTS} 0\n`)) resolve()
    })
    setTimeout(resolve, 60_000).unref()
  })
  // each start left its metrics of the end too, which are on their way when the last span is there
  await expect
    .poll(() => readdirSync(directory).filter((name) => name.endsWith('.otlp')), { timeout: 30_000 })
    .toEqual([])
  last.kill('SIGTERM')
  await new Promise((resolve) => last.once('exit', resolve))
  expect(sink.spanIds().size).toBe(STARTS)
  await sink.close()
})
