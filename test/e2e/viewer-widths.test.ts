/** The pages of the viewer in windows of a phone, a tablet and a desk: nothing is cut off, and all of a large map can be reached. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser, noBrowser } from '../support/chromium.ts'
import { id, LOGS, METRICS, ORDERS, type SampleSpan, STOCK, traceIdOf, tracesRequest } from '../viewer/sample.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const SHOTS = path.join(ROOT, 'artifacts/viewer')
const SERVICES = 45
const WIDTHS = [390, 820, 1400]
const LONG = '/organisations/:organisationId/projects/:projectId/environments/:environmentId/deployments'
const SMALL = `/traces/${traceIdOf(1)}`
const LARGE = `/traces/${traceIdOf(99)}`
const TABS = ['waterfall', 'flame', 'logs', 'errors', 'operations', 'map', 'json']
const ADDRESSES = [
  ...['/traces', '/logs', '/logs?group=pattern', '/metrics', '/services', '/services?tab=queries', '/insights'],
  ...['/runs', '/data', `/compare?a=${traceIdOf(1)}&b=${traceIdOf(2)}`],
  ...TABS.flatMap((tab) => [SMALL, LARGE].map((trace) => `${trace}?tab=${tab}`)),
]
const MAPS = [
  ['Services of the trace', `${LARGE}?tab=map`, '.map-node'],
  ['Service graph', '/services', '.node'],
] as const

if (noBrowser !== undefined) console.log(`skipped: ${noBrowser}`)

describe.skipIf(noBrowser !== undefined)('the pages of the viewer', { timeout: 60_000 }, () => {
  const home = mkdtempSync(path.join(tmpdir(), 'viewer-widths-'))
  let viewer: ChildProcess
  let url: string
  let browser: Browser

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true })
    viewer = fork(path.join(ROOT, 'dist/viewer-process.cjs'), ['--port=0'], {
      execArgv: [],
      env: { PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: home, XDG_CACHE_HOME: home },
    })
    const [ready] = (await once(viewer, 'message')) as [{ url: string; dsn: string }]
    url = ready.url
    const headers = { 'content-type': 'application/json', 'uptrace-dsn': ready.dsn }
    for (const [signal, body] of [
      ['traces', tracesRequest('orders', ORDERS)],
      ['traces', tracesRequest('stock', STOCK)],
      ...manyServices().map(([service, spans]) => ['traces', tracesRequest(service, spans)] as const),
      ['logs', LOGS],
      ['metrics', METRICS],
    ] as const) {
      const { status } = await fetch(`${url}/v1/${signal}`, { method: 'POST', headers, body: JSON.stringify(body) })
      expect(status).toBe(200)
    }
    browser = await launchBrowser()
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    viewer?.kill('SIGTERM')
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })

  const open = async (width: number, address: string): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width, height: 860 } })
    await page.goto(url + address)
    return page
  }

  test.for(WIDTHS)('none scrolls sideways at %i pixels', async (width) => {
    const page = await open(width, '/')
    const wide: string[] = []
    for (const address of ADDRESSES) {
      await page.goto(url + address)
      await page.locator('main :is(h1, h2, table, svg, [role=row])').first().waitFor({ state: 'attached' })
      await page.waitForTimeout(150)
      const isWide = await page.evaluate(
        '[...document.querySelectorAll("html, main, .services-panel")].some((of) => of.scrollWidth > of.clientWidth)',
      )
      if (isWide) wide.push(address)
      if (isWide) await page.screenshot({ path: path.join(SHOTS, `wide-${width}-${wide.length}.png`) })
    }
    await page.close()
    expect(wide).toEqual([])
  })

  test('the tabs of a trace stay on one line on a phone, and the chosen one is in sight', async () => {
    const page = await open(390, SMALL)
    for (const name of ['JSON', 'Waterfall']) {
      await page.getByRole('tab', { name }).click()
      await page.getByRole('tab', { name, selected: true }).waitFor()
      const boxes = await Promise.all((await page.getByRole('tab').all()).map((tab) => tab.boundingBox()))
      expect(new Set(boxes.map((box) => box!.y)).size).toBe(1)
      expect(Math.max(...boxes.map((box) => box!.height))).toBeLessThan(34)
      const chosen = (await page.getByRole('tab', { selected: true }).boundingBox())!
      expect(chosen.x).toBeGreaterThanOrEqual(0)
      expect(chosen.x + chosen.width).toBeLessThanOrEqual(390)
    }
    await page.close()
  })

  const maps = MAPS.flatMap((map) => WIDTHS.map((width) => [...map, width] as const))
  test.for(maps)(
    '%s (%s, %s) at %i pixels: each of many can be scrolled to, and all be seen at once',
    async ([label, address, selector, width]) => {
      const page = await open(width, address)
      const frame = page.getByRole('region', { name: label })
      const nodes = frame.locator(selector)
      await nodes.first().waitFor()
      expect(await nodes.count()).toBeGreaterThanOrEqual(SERVICES)
      const hidden = (): Promise<string[]> => nodes.evaluateAll(hiddenIn, true)
      expect(await hidden()).toEqual([])
      await page.getByRole('button', { name: 'Whole map' }).click()
      expect(await nodes.evaluateAll(hiddenIn, false)).toEqual([])
      await page.screenshot({ path: path.join(SHOTS, `map-${selector.slice(1)}-${width}.png`) })
      await page.getByRole('button', { name: 'Whole map', pressed: true }).click()
      expect(await hidden()).toEqual([])
      await page.close()
    },
  )
})

interface Drawn {
  readonly textContent: string
  closest(selector: string): Drawn
  scrollIntoView(to: object): void
  getBoundingClientRect(): { left: number; right: number; top: number; bottom: number }
}

/** In the page: the nodes that do not lie within their frame, each scrolled to before when it may be. */
function hiddenIn(nodes: Drawn[], mayScroll: boolean): string[] {
  return nodes
    .filter((node) => {
      const frame = node.closest('section')!
      if (mayScroll) node.scrollIntoView({ block: 'nearest', inline: 'nearest' })
      const [inner, outer] = [node.getBoundingClientRect(), frame.getBoundingClientRect()]
      const isBeside = inner.left < outer.left - 1 || inner.right > outer.right + 1
      return isBeside || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1
    })
    .map((node) => node.textContent)
}

/** One trace: each service calls three others. */
function manyServices(): [service: string, spans: SampleSpan[]][] {
  const traceId = traceIdOf(99)
  const server = (at: number) => id(1000 + at * 2)
  const call = (at: number) => id(1001 + at * 2)
  return Array.from({ length: SERVICES }, (_, at) => {
    const spans: SampleSpan[] = [
      {
        traceId,
        spanId: server(at),
        ...(at > 0 && { parentSpanId: call(at) }),
        name: `GET ${LONG}/${at}`,
        kind: 2,
        at: 5000 + at,
        millis: 500 - at * 8,
        ...(at % 9 === 0 && { error: 'refused' }),
        attributes: { 'http.request.method': 'GET', 'http.route': `${LONG}/${at}` },
      },
    ]
    for (let to = at * 3 + 1; to <= at * 3 + 3 && to < SERVICES; to++)
      spans.push({
        traceId,
        spanId: call(to),
        parentSpanId: server(at),
        name: 'GET',
        kind: 3,
        at: 5000 + to,
        millis: 501 - to * 8,
        attributes: { 'http.request.method': 'GET', 'server.address': `recommendations-of-${to}` },
      })
    return [`recommendations-of-${at}`, spans]
  })
}
