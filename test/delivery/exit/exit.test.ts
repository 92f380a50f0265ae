/** What was recorded arrives however the process ends, and the end itself is as it was. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { attributesOf, type Sink, startSink } from '../../faults/sink.ts'

const app = path.join(import.meta.dirname, '../fixtures/app.ts')
const node = path.join(import.meta.dirname, '../../../node_modules/.bin/node')

interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
  readonly millis: number
}

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

/** Runs the program; `signals` are sent one after the other once it says it is ready. */
function run(
  how: string,
  options: {
    env?: Record<string, string>
    signals?: NodeJS.Signals[]
    count?: number
    inner?: string
    pause?: number
  } = {},
): Promise<End> {
  return new Promise((resolve) => {
    const start = performance.now()
    const child = spawn(node, [app, how, String(options.count ?? 2000), options.inner ?? 'natural'], {
      env: { ...process.env, NODE_OPTIONS: '', SINK_URL: sink.url, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stderr = ''
    let signalled = 0
    child.stderr.on('data', (chunk) => (stderr += chunk))
    child.stdout.on('data', async () => {
      await new Promise((wait) => setTimeout(wait, options.pause ?? 0))
      signalled = performance.now()
      for (const signal of options.signals ?? []) {
        child.kill(signal)
        await new Promise((wait) => setTimeout(wait, 300))
      }
    })
    const killer = setTimeout(() => child.kill('SIGKILL'), 15_000)
    child.on('exit', (code, signal) => {
      clearTimeout(killer)
      resolve({ code, signal, stderr, millis: performance.now() - (signalled || start) })
    })
  })
}

describe('with a back end that works, all spans arrive', () => {
  test.for<[string, number | null]>([
    ['natural', 0],
    ['exit-code', 7],
    ['process.exit', 3],
    ['uncaught', 1],
    ['uncaught-later', 1],
    ['unhandled', 1],
    ['stack-overflow', 1],
    ['await-shutdown', 0],
    ['shutdown-not-awaited', 0],
    ['exit-in-flight', 0],
  ])('%s ends with code %i', async ([how, code]) => {
    const end = await run(how)
    expect(end.code).toBe(code)
    expect(sink.spanIds().size).toBe(how === 'uncaught-later' ? 2001 : 2000)
    expect(end.stderr).not.toContain('uptrace:')
  })

  test.for(['SIGTERM', 'SIGINT'] as const)(
    '%s nobody else listens to ends the process with that signal',
    async (signal) => {
      const end = await run('wait', { signals: [signal] })
      expect(end).toMatchObject({ code: null, signal })
      expect(sink.spanIds().size).toBe(2000)
    },
  )

  test("a handler of the user's own decides", async () => {
    expect(await run('handler-exits', { signals: ['SIGTERM'] })).toMatchObject({ code: 5, signal: null })
    expect(sink.spanIds().size).toBe(2000)
    const stays = await run('handler-stays', { signals: ['SIGTERM', 'SIGKILL'] })
    expect(stays).toMatchObject({ signal: 'SIGKILL' })
  })

  test('the library signal-exit, which acts only when alone, still ends the process', async () => {
    expect(await run('signal-exit', { signals: ['SIGTERM'] })).toMatchObject({ signal: 'SIGTERM' })
    expect(sink.spanIds().size).toBe(2000)
  })
})

describe('threads and child processes send their own', () => {
  test.for([
    ['worker', 'natural'],
    ['worker', 'process.exit'],
    ['worker', 'uncaught'],
    ['fork', 'process.exit'],
    ['fork', 'uncaught'],
    ['cluster', 'wait'],
  ] as const)('%s, %s', async ([how, inner]) => {
    await run(how, { inner })
    expect(sink.spanIds().size).toBe(4000)
  })
})

describe('races', () => {
  const rounds = Array.from({ length: 20 }, (_, round) => round)
  test('process.exit() at any moment of a request under way loses nothing', { timeout: 240_000 }, async () => {
    for (const round of rounds) {
      const before = sink.spanIds().size
      await run('exit-in-flight', { env: { DELAY: String(round) } })
      expect(sink.spanIds().size - before, `round ${round}`).toBe(2000)
    }
  })

  test('SIGTERM at any moment loses nothing', { timeout: 240_000 }, async () => {
    for (const round of rounds) {
      const before = sink.spanIds().size
      expect(await run('wait', { signals: ['SIGTERM'], pause: round * 11 })).toMatchObject({ signal: 'SIGTERM' })
      expect(sink.spanIds().size - before, `round ${round}`).toBe(2000)
    }
  })
})

test('the error that ends the process is a log record with its stack, and ends the active span', async () => {
  const { stderr } = await run('uncaught-later', { count: 1 })
  expect(stderr).toContain('Error: nobody catches me')
  const [record] = sink.items('logs')
  expect(record.severityNumber).toBe(21)
  expect(attributesOf(record)).toMatchObject({ 'exception.type': 'Error', 'exception.message': 'nobody catches me' })
  expect(attributesOf(record)['exception.stacktrace']).toContain('app.ts')
  const crashing = sink.items('traces').find(({ name }) => name === 'crashing')
  expect(record.traceId).toBe(crashing.traceId)
  expect(crashing.status.code).toBe(2)
})

test('stderr and exit code of an uncaught error are those without us', async () => {
  const [plain, ours] = [await run('uncaught', { env: { EXIT_FLUSH: 'false' } }), await run('uncaught')]
  expect(ours.stderr).toBe(plain.stderr)
  expect(ours.code).toBe(plain.code)
})

test('metrics of the last interval are sent at a natural end and at a signal', async () => {
  await run('natural', { count: 1 })
  await run('wait', { count: 1, signals: ['SIGTERM'] })
  expect(sink.items('metrics').filter(({ name }) => name === 'made')).toHaveLength(2)
})

describe('with a back end that does not work, the end comes in time and one line says what is lost', () => {
  test.for(['natural', 'process.exit', 'uncaught', 'wait'])('%s, connection refused', async (how) => {
    await sink.stop()
    const end = await run(how, { signals: ['SIGTERM'] })
    // exact limits are checked against the bare program in endings.test.ts
    expect(end.millis).toBeLessThan(7000)
    expect(end.stderr).toMatch(/2000 spans.* could not be delivered in time/)
    await sink.start()
  })

  test.for(['natural', 'process.exit', 'wait'])('%s, no answer', async (how) => {
    sink.behaviour = 'hang'
    const end = await run(how, { signals: ['SIGTERM'] })
    expect(end.millis).toBeLessThan(8000)
    expect(end.stderr).toMatch(/2000 spans.* could not be delivered in time/)
  })

  test('a second SIGINT ends the process at once', async () => {
    sink.behaviour = 'hang'
    const end = await run('wait', { signals: ['SIGINT', 'SIGINT', 'SIGINT'], env: { EXIT_TIMEOUT: '20000' } })
    expect(end).toMatchObject({ signal: 'SIGINT' })
    expect(end.millis).toBeLessThan(10_000)
  })
})
