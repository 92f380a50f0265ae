/** Open spans at the local viewer: running while the process lives, unclosed once it has ended, in whatever way. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOffSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, test } from 'vitest'
import { createLiveSpanProcessor } from '../../../src/signals/traces/live-spans.ts'
import { type InsightList, ROUTES, type TraceDetail, type TraceList } from '../../../src/viewer/api.ts'
import { eventually, type Harness, startHarness } from '../../viewer/harness.ts'

const APP = path.join(import.meta.dirname, 'live-spans-app.ts')

async function startApp(harness: Harness) {
  const child = fork(APP, { env: { ...process.env, VIEWER_DSN: harness.server.dsn }, stdio: 'ignore' })
  await once(child, 'message')
  const find = async (query: string) => {
    const { traces } = await harness.get<TraceList>(`${ROUTES.traces}?q=${encodeURIComponent(query)}`)
    return traces
  }
  const names = async (query: string): Promise<string[]> => {
    const details = await Promise.all(
      (await find(query)).map(({ traceId }) => harness.get<TraceDetail>(`/api/v1/traces/${traceId}`)),
    )
    return details.flatMap(({ spans }) => spans.flatMap(({ depth, name }) => (depth === 0 ? name : []))).sort()
  }
  const unclosed = async () => {
    const { insights } = await harness.get<InsightList>(ROUTES.insights)
    return insights.filter(({ kind }) => kind === 'unclosed').map(({ operation }) => operation)
  }
  return { child, find, names, unclosed }
}

describe.concurrent('a span that never ends', () => {
  test.for<[string, (child: ChildProcess) => unknown]>([
    ['process.exit', (child) => child.send('exit')],
    ['the end of all work', (child) => child.send('leave')],
    ['an uncaught error', (child) => child.send('throw')],
    ['SIGTERM', (child) => child.kill('SIGTERM')],
    ['SIGKILL', (child) => child.kill('SIGKILL')],
  ])('is running while the process lives, and unclosed after %s', { timeout: 60_000 }, async ([, end]) => {
    await using harness = await startHarness()
    const { child, find, names, unclosed } = await startApp(harness)
    await eventually(async () => ((await names('badge:running')).length === 2 ? true : undefined), 20_000)
    expect(await names('badge:running')).toEqual(['late job', 'stuck job'])
    const [{ traceId } = { traceId: '' }] = await find('badge:running name:step trace.spans>0')
    const detail = await harness.get<TraceDetail>(`/api/v1/traces/${traceId}`)
    expect(detail.running).toBe(1)
    expect(detail.spans[0]).toMatchObject({ running: true, service: 'worker', kind: 'internal' })
    expect(detail.spans[1]).toMatchObject({ running: false, name: 'step', depth: 1 })
    // a process that is busy is not gone
    child.send('block')
    await sleep(300)
    expect(await unclosed()).toEqual([])
    child.send('end late')
    await eventually(async () => ((await names('badge:running')).length === 1 ? true : undefined), 20_000)
    const exited = once(child, 'exit')
    end(child)
    await exited
    await eventually(async () => ((await unclosed()).length > 0 ? true : undefined))
    expect(await unclosed()).toEqual(['stuck job'])
    expect(await names('badge:running')).toEqual([])
    expect(await names('badge:unclosed')).toEqual(['stuck job'])
    // what is sent to the viewer is no trace of its own
    expect(await find('kind:client')).toEqual([])
  })
})

interface Report {
  readonly resource: Record<string, unknown>
  readonly started: readonly { readonly name: string; readonly spanId: string }[]
  readonly ended?: readonly { readonly spanId: string }[]
  readonly stay?: boolean
}

/** Takes reports as the viewer does, and keeps them. */
async function startTaker(status = 200) {
  const reports: { readonly at: number; readonly report: Report }[] = []
  const open: ServerResponse[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const report = JSON.parse(body) as Report
    reports.push({ at: performance.now(), report })
    response.writeHead(report.stay ? status : 204).flushHeaders()
    if (report.stay && status === 200) open.push(response)
    else response.end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const processor = createLiveSpanProcessor({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers: { 'uptrace-dsn': 'secret' },
    resource: resourceFromAttributes({ 'service.name': 'app', 'service.instance.id': 'one', 'host.arch': 'x' }),
  })
  const start = (names: readonly string[], options = {}) => {
    const tracer = new TracerProvider({ spanProcessors: [processor], ...options }).getTracer('test')
    return names.map((name) => tracer.startSpan(name))
  }
  return {
    reports,
    open,
    processor,
    start,
    async [Symbol.asyncDispose]() {
      await processor.shutdown()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe.concurrent('reports of open spans', () => {
  test('short spans and unsampled ones are not reported', async () => {
    await using taker = await startTaker()
    for (let round = 0; round < 20; round++) {
      for (const span of taker.start(['short'])) span.end()
      await sleep(100)
    }
    taker.start(['unsampled'], { sampler: new AlwaysOffSampler() })
    await sleep(1500)
    expect(taker.reports).toEqual([])
  })

  test('one a second, each span once, its end too', async () => {
    await using taker = await startTaker()
    const spans = []
    for (let round = 0; round < 25; round++) {
      spans.push(...taker.start([`span ${round}`]))
      await sleep(100)
    }
    spans[0]!.end()
    await sleep(2200)
    const names = taker.reports.flatMap(({ report }) => report.started.map(({ name }) => name))
    expect(names).toEqual(spans.map((_, index) => `span ${index}`))
    for (let index = 1; index < taker.reports.length; index++)
      expect(taker.reports[index]!.at - taker.reports[index - 1]!.at).toBeGreaterThan(900)
    expect(taker.reports.map(({ report }) => report.stay === true).lastIndexOf(true)).toBe(0)
    expect(taker.reports.flatMap(({ report }) => report.ended ?? [])).toEqual([
      { traceId: spans[0]!.spanContext().traceId, spanId: spans[0]!.spanContext().spanId },
    ])
    expect(taker.reports[0]!.report.resource).toEqual({ 'service.name': 'app', 'service.instance.id': 'one' })
  })

  test('2000 spans are watched at most', async () => {
    await using taker = await startTaker()
    taker.start(Array.from({ length: 5000 }, (_, index) => `span ${index}`))
    await sleep(2500)
    expect(taker.reports.flatMap(({ report }) => report.started)).toHaveLength(2000)
  })

  test('a program that is no viewer is asked once', async () => {
    await using taker = await startTaker(404)
    taker.start(['stuck'])
    await sleep(2500)
    taker.start(['stuck too'])
    await sleep(2500)
    expect(taker.reports).toHaveLength(1)
  })

  test('after a restart the viewer is told everything again', async () => {
    await using taker = await startTaker()
    taker.start(['first'])
    await eventually(() => taker.open[0])
    taker.start(['second'])
    await eventually(() => taker.reports[1])
    taker.open[0]!.destroy()
    await eventually(() => taker.open[1])
    expect(taker.reports.at(-1)!.report.started.map(({ name }) => name)).toEqual(['first', 'second'])
  })

  test('nobody there: it is tried again, without an error', async () => {
    const gone = createServer()
    await once(gone.listen(0, '127.0.0.1'), 'listening')
    const { port } = gone.address() as AddressInfo
    await new Promise((resolve) => gone.close(resolve))
    const url = `http://127.0.0.1:${port}`
    const processor = createLiveSpanProcessor({ url, headers: {}, resource: resourceFromAttributes({}) })
    new TracerProvider({ spanProcessors: [processor] }).getTracer('test').startSpan('stuck')
    await sleep(2500)
    let tries = 0
    const back = createServer((request, response) => {
      tries++
      request.resume()
      response.writeHead(200).flushHeaders()
    })
    await once(back.listen(port, '127.0.0.1'), 'listening')
    await eventually(() => tries || undefined)
    await processor.shutdown()
    back.closeAllConnections()
    await new Promise((resolve) => back.close(resolve))
  })
})
