/** The viewer as a user meets it: `uptrace-node dev` on the shop, the printed address opened in Chromium. Screenshots stay in artifacts/viewer. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser, noBrowser } from '../support/chromium.ts'
import { POSTGRES_URL, REDIS_URL, storesEnvironment } from '../support/stores.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const CLI = path.join(ROOT, 'dist/cli.cjs')
const SHOTS = path.join(ROOT, 'artifacts/viewer')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const missing =
  noBrowser ??
  (POSTGRES_URL && REDIS_URL ? undefined : 'no PostgreSQL and Redis: scripts/services.sh starts the servers')
if (missing !== undefined) console.log(`skipped: ${missing}`)

describe.skipIf(missing !== undefined)('uptrace-node dev on the shop', { timeout: 60_000 }, () => {
  const home = mkdtempSync(path.join(tmpdir(), 'uptrace-dev-'))
  const env = {
    ...Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|OTEL_|UPTRACE_(?!TEST))/.test(name)),
    ),
    XDG_STATE_HOME: path.join(home, 'state'),
    XDG_CACHE_HOME: path.join(home, 'cache'),
  }
  let dev: ChildProcess
  let output = ''
  let browser: Browser
  let context: BrowserContext
  const failures: string[] = []
  const addressOf = (name: string): string =>
    new RegExp(`^\\d+ ${name.replaceAll('/', '\\/')} .* (http:\\S+)$`, 'm').exec(output)?.[1] ?? ''

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true })
    const port = await freePort()
    const shop = path.join(ROOT, 'examples/express-postgres-redis/main.mjs')
    dev = spawn(process.execPath, [CLI, 'dev', '--profile', '--port', String(await freePort()), shop], {
      env: { ...env, ...storesEnvironment(), PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [dev.stdout!, dev.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    await eventually(() => expect(output).toContain(`http://localhost:${port} has`), 20_000)
    for (let round = 0; round < 10; round++)
      await (await fetch(`http://localhost:${port}${['/n-plus-one', '/joined', '/fails'][round % 3]}`)).text()
    await eventually(() => expect(addressOf('GET /n-plus-one')).not.toBe(''), 10_000)
    browser = await launchBrowser()
    context = await browser.newContext({ viewport: { width: 1400, height: 860 } })
    context.on('weberror', (error) => failures.push(error.error().message))
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    dev?.kill('SIGTERM')
    execFileSync(process.execPath, [CLI, 'ui', '--stop'], { env })
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })

  async function open(url: string): Promise<Page> {
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') failures.push(message.text())
    })
    await page.goto(url)
    return page
  }
  const base = (): string => new URL(addressOf('GET /n-plus-one')).origin

  test('the printed address shows the waterfall: http, express, pg', async () => {
    const page = await open(addressOf('GET /n-plus-one'))
    await page.getByText('request handler').first().waitFor()
    // told once the trace has been quiet for a moment
    await page.locator('main').getByText('N+1').first().waitFor()
    const text = await page.locator('main').innerText()
    expect(text).toContain('GET /n-plus-one')
    expect(text).toMatch(/SELECT/)
    // the repeated statements are one row, with how many there are
    expect(text).toMatch(/×\s?\d\d/)
    expect(text).toContain('is run again and again')
    await page.screenshot({ path: path.join(SHOTS, 'trace.png') })
    await page.close()
  })

  test('a span has what ran on the event loop, and a request where its time went', async () => {
    const page = await open(addressOf('GET /n-plus-one'))
    await page.getByRole('list', { name: 'Time by category' }).getByText('database').waitFor()
    await page.getByText('On the event loop').waitFor()
    await page
      .getByRole('img', { name: /^Flame graph/ })
      .first()
      .waitFor()
    await page.getByText('Its own code').first().waitFor()
    await page.screenshot({ path: path.join(SHOTS, 'trace-profile.png') })
    await page.close()
  })

  test('redis is in the trace of the route that caches', async () => {
    const page = await open(addressOf('GET /joined'))
    await page.getByText('request handler').first().waitFor()
    expect(await page.locator('main').innerText()).toMatch(/\bget\b/)
    await page.close()
  })

  test('the Logs tab has the pino lines of the trace', async () => {
    const page = await open(addressOf('GET /fails'))
    await page.getByRole('tab', { name: /Logs/ }).click()
    await page.getByText('request failed').first().waitFor()
    expect(await page.locator('main').innerText()).toContain('GET /fails')
    await page.screenshot({ path: path.join(SHOTS, 'trace-logs.png') })
    await page.close()
  })

  test('each tab of a trace opens, and the tab is in the address', async () => {
    const page = await open(addressOf('GET /fails'))
    for (const name of ['Flame', 'Logs', 'Errors', 'Operations', 'Map', 'JSON', 'Waterfall']) {
      await page.getByRole('tab', { name: new RegExp(name) }).click()
      await page.getByRole('tab', { name: new RegExp(name), selected: true }).waitFor()
      await page.screenshot({ path: path.join(SHOTS, `trace-${name.toLowerCase()}.png`) })
    }
    await page.getByRole('tab', { name: /Errors/ }).click()
    expect(page.url()).toMatch(/tab=errors/)
    await page.getByText('example_misspelt').first().waitFor()
    await page.close()
  })

  test('the insights name the N+1 of the route that has one', async () => {
    const page = await open(`${base()}/insights`)
    await page.getByText(/N\+1/).first().waitFor()
    const text = await page.locator('main').innerText()
    expect(text).toContain('GET /n-plus-one')
    expect(text).toMatch(/SELECT sum\(cents\)/i)
    await page.close()
  })

  test('a query, a facet and the keyboard lead to a trace', async () => {
    const page = await open(`${base()}/traces`)
    await page.getByText('GET /joined').first().waitFor()
    await page.locator('input[type=search]').first().fill('status:error')
    await page.keyboard.press('Enter')
    await eventually(async () => {
      const rows = await page.getByRole('row').allInnerTexts()
      expect(rows.some((row) => row.includes('GET /fails'))).toBe(true)
      expect(rows.every((row) => !row.includes('GET /joined'))).toBe(true)
    }, 5_000)
    expect(page.url()).toContain('q=status')
    await page.keyboard.press('Escape')
    await page.locator('body').click({ position: { x: 1100, y: 20 } })
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/traces\/[0-9a-f]{32}/)
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await page.close()
  })

  const PAGES = ['traces', 'logs', 'metrics', 'services', 'insights', 'runs', 'data', 'trace', 'compare']
  const themed = PAGES.flatMap((name) => (['light', 'dark'] as const).map((theme) => [name, theme] as const))
  test.for(themed)('%s, %s: no serious finding of axe, no request beyond the viewer', async ([name, theme]) => {
    const page = await context.newPage()
    const foreign: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(base())) foreign.push(request.url())
    })
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    const ids = ['GET /n-plus-one', 'GET /joined'].map((route) => new URL(addressOf(route)).pathname.split('/').pop())
    const address = { trace: addressOf('GET /n-plus-one'), compare: `${base()}/compare?a=${ids[0]}&b=${ids[1]}` }
    await page.goto(name in address ? address[name as keyof typeof address] : `${base()}/${name}`)
    await page.waitForTimeout(1_200)
    await page.screenshot({ path: path.join(SHOTS, `${name}-${theme}.png`) })
    // by the debugger: the policy of the page lets nobody add a script
    await page.evaluate(AXE)
    const { violations } = (await page.evaluate('axe.run()')) as {
      violations: Array<{ id: string; impact: string; nodes: Array<{ html: string; failureSummary: string }> }>
    }
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`)).toEqual([])
    expect(foreign).toEqual([])
    await page.close()
  })

  test('Back undoes a filter; the search within a trace is in the address', async () => {
    const page = await open(`${base()}/traces`)
    await page.getByText('GET /joined').first().waitFor()
    await page.locator('input[type=search]').first().fill('status:error')
    await page.keyboard.press('Enter')
    await page.waitForURL(/q=status/)
    await page.getByLabel('Sort').selectOption('slowest')
    await page.waitForURL(/sort=slowest/)
    await page.goBack()
    expect(new URL(page.url()).search).toBe('?q=status%3Aerror')
    await page.goBack()
    expect(page.url()).toBe(`${base()}/traces`)
    await page.goto(addressOf('GET /n-plus-one'))
    await page.getByLabel('Search in this trace').fill('SELECT')
    await page.waitForURL(/find=SELECT/)
    await page.reload()
    await page
      .getByText(/^\d+ of \d+$|^\d+$/)
      .first()
      .waitFor()
    expect(await page.getByLabel('Search in this trace').inputValue()).toBe('SELECT')
    await page.close()
  })

  test('the help beside the query box gives examples, and keeps recent and saved queries', async () => {
    const page = await open(`${base()}/traces`)
    const help = page.getByRole('button', { name: 'Queries and how to write them' })
    await help.click()
    await page.locator('dl').getByRole('button', { name: 'status:error', exact: true }).click()
    await page.waitForURL(/q=status%3Aerror$/)
    await help.click()
    await page.getByRole('button', { name: 'Save this query' }).click()
    await page.screenshot({ path: path.join(SHOTS, 'query-help.png') })
    await page.goto(`${base()}/traces`)
    await help.click()
    await page.getByRole('heading', { name: 'Saved' }).waitFor()
    await page.close()
  })

  test('a file that is dropped on a page is imported and opened; Data exports it', async () => {
    const page = await open(`${base()}/logs`)
    const traceId = 'd'.repeat(32)
    const span = {
      traceID: traceId,
      spanID: 'd'.repeat(16),
      operationName: 'from a file',
      startTime: 1e15,
      duration: 9,
    }
    const file = {
      data: [{ traceID: traceId, spans: [{ ...span, processID: 'p1' }], processes: { p1: { serviceName: 'filed' } } }],
    }
    const drop = `{
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([${JSON.stringify(JSON.stringify(file))}], 'trace.json'))
      for (const type of ['dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
    }`
    await page.evaluate(drop)
    await page.waitForURL(new RegExp(`/traces/${traceId}`))
    await page.getByText('from a file').first().waitFor()
    await page.goto(`${base()}/data?service=filed`)
    await page.getByRole('rowheader', { name: 'Spans' }).waitFor()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Download').click()])
    expect(readFileSync(await download.path(), 'utf8')).toContain('from a file')
    await page.close()
  })

  test('a dropped file larger than a request may be is packed on its way', async () => {
    const page = await open(`${base()}/logs`)
    const traceId = 'c'.repeat(32)
    await page.evaluate(`{
      const pad = 'x'.repeat(18 * 1024 * 1024)
      const span = { traceID: '${traceId}', spanID: '${'c'.repeat(16)}', operationName: 'a large file', startTime: 1e15, duration: 9, processID: 'p' }
      const data = { data: [{ traceID: '${traceId}', spans: [span], processes: { p: { serviceName: 'large' } }, pad }] }
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([JSON.stringify(data)], 'large.json'))
      for (const type of ['dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
    }`)
    await page.waitForURL(new RegExp(`/traces/${traceId}`))
    await page.getByText('a large file').first().waitFor()
    await page.close()
  })

  test('text of a program stays text', async () => {
    const dsn = /"token":"([^"]+)"/.exec(readFileSync(path.join(home, 'state/uptrace-node/viewer.json'), 'utf8'))![1]
    const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
    const traceId = 'e'.repeat(32)
    const now = BigInt(Date.now()) * 1_000_000n
    const value = { stringValue: evil }
    const span = {
      traceId,
      spanId: 'e'.repeat(16),
      name: evil,
      kind: 2,
      startTimeUnixNano: String(now),
      endTimeUnixNano: String(now + 5_000_000n),
      attributes: [
        { key: evil, value },
        { key: 'http.route', value },
      ],
      events: [
        {
          name: 'exception',
          timeUnixNano: String(now),
          attributes: [
            { key: 'exception.message', value },
            { key: 'exception.stacktrace', value },
          ],
        },
      ],
      status: { code: 2, message: evil },
    }
    const resource = { attributes: [{ key: 'service.name', value }] }
    const log = {
      timeUnixNano: String(now),
      body: value,
      severityNumber: 17,
      severityText: evil,
      traceId,
      spanId: span.spanId,
      attributes: span.attributes,
    }
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${dsn}` }
    for (const [signal, body] of [
      ['traces', { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: evil }, spans: [span] }] }] }],
      ['logs', { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: evil }, logRecords: [log] }] }] }],
    ] as const)
      expect(
        (await fetch(`${base()}/v1/${signal}`, { method: 'POST', headers, body: JSON.stringify(body) })).status,
      ).toBe(200)
    const addresses = [
      `/traces/${traceId}?span_id=${span.spanId}`,
      `/traces/${traceId}?tab=errors`,
      `/traces/${traceId}?tab=logs`,
      '/traces',
      '/logs',
      '/services',
      '/insights',
    ]
    for (const address of addresses) {
      const page = await open(base() + address)
      await page.locator('main').getByText('onerror=').filter({ visible: true }).first().waitFor()
      await page.waitForTimeout(200)
      expect(await page.title()).not.toContain('owned')
      expect(await page.locator('main img, main script').count()).toBe(0)
      await page.close()
    }
  })

  test('Data deletes everything after a second question', async () => {
    const page = await open(`${base()}/data`)
    await page.getByRole('button', { name: 'Delete all data…' }).click()
    await page.getByRole('button', { name: 'Delete all', exact: true }).click()
    await page.getByText('All data was deleted').waitFor()
    await page.goto(`${base()}/traces`)
    await page.getByText('Waiting for the first trace').waitFor()
    await page.close()
  })

  test('no page had an error', () => {
    expect(failures).toEqual([])
  })
})

/** Repeats checks until they hold. */
async function eventually(check: () => void | Promise<void>, timeoutMillis: number): Promise<void> {
  const deadline = performance.now() + timeoutMillis
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
