/** `uptrace-node dev --profile` as a user meets it: a request that holds up the event loop, one that waits for it, and the viewer that names file and line. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type FlameNode,
  type Insight,
  type InsightList,
  ROUTES,
  type SpanProfile,
  type SpanRow,
  type TraceDetail,
  type TraceList,
} from '../../../src/viewer/api.ts'
import { eventually } from '../harness.ts'

const CLI = path.join(import.meta.dirname, '../../../dist/cli.cjs')

/** Asks itself for /victim, which waits for a timer, and for /report, which holds up the loop meanwhile. */
const PROGRAM = `const http = require('node:http')
const text: string = JSON.stringify(Array.from({ length: 50_000 }, (_, index) => ({ index, name: 'row ' + index })))

interface Report { readonly rows: number }

function report(): Report {
  const until = Date.now() + 220
  let rows = 0
  while (Date.now() < until) {
    rows = JSON.parse(text).length
  }
  return { rows }
}

let victims = 0
let isThere = () => {}
const arrived = new Promise<void>((resolve) => (isThere = resolve))
const server = http.createServer((request: any, response: any) => {
  if (request.url === '/report') return response.end(JSON.stringify(report()))
  setTimeout(() => response.end('late'), 150)
  if (++victims === 2) isThere()
})
server.listen(0, async () => {
  const base = 'http://localhost:' + server.address().port
  const ask = async (path: string) => (await fetch(base + path)).text()
  await ask('/victim')
  const victim = ask('/victim')
  await arrived
  await Promise.all([victim, ask('/report')])
  server.close()
  server.closeAllConnections()
})
`
const PARSES = PROGRAM.split('\n').findIndex((line) => line.includes('JSON.parse')) + 1

describe.sequential('dev --profile', { timeout: 60_000 }, () => {
  const home = mkdtempSync(path.join(tmpdir(), 'uptrace-profile-'))
  const env = {
    ...Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^(VITEST|NODE_OPTIONS|NODE_ENV|CI$|OTEL_|UPTRACE_(?!TEST))/.test(name),
      ),
    ),
    XDG_STATE_HOME: path.join(home, 'state'),
    XDG_CACHE_HOME: path.join(home, 'cache'),
  }
  const source = path.join(home, 'src/main.ts')
  const compiled = path.join(home, 'out/main.js')

  beforeAll(() => {
    for (const file of [source, compiled]) mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(source, PROGRAM)
    const { outputText, sourceMapText } = ts.transpileModule(PROGRAM, {
      fileName: source,
      compilerOptions: { sourceMap: true, module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    })
    // further down than in the source, so that only the map can tell the line
    const map = JSON.parse(sourceMapText!) as { sources: string[]; mappings: string }
    map.sources = ['../src/main.ts']
    map.mappings = `;;;;;;;${map.mappings}`
    writeFileSync(`${compiled}.map`, JSON.stringify(map))
    writeFileSync(compiled, `${'\n'.repeat(7)}${outputText}`)
  })

  afterAll(() => {
    execFileSync(process.execPath, [CLI, 'ui', '--stop'], { env })
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })

  async function dev(service: string, ...command: string[]): Promise<void> {
    await promisify(execFile)(process.execPath, [CLI, 'dev', '--port', '0', ...command], {
      env: { ...env, OTEL_SERVICE_NAME: service },
    })
  }

  async function get<T>(route: string): Promise<T> {
    const state = JSON.parse(readFileSync(path.join(home, 'state/uptrace-node/viewer.json'), 'utf8'))
    const headers = { authorization: `Bearer ${state.token}` }
    return (await fetch(`http://localhost:${state.port}${route}`, { headers })).json() as Promise<T>
  }

  /** The traces of a program by the path that was asked for, newest first, once the finding is there. */
  async function tracesOf(service: string): Promise<Map<string, TraceDetail>> {
    await eventually(() => finding(service), 20_000)
    const { traces } = await get<TraceList>(`${ROUTES.traces}?service=${service}&sort=oldest`)
    const details = await Promise.all(traces.map(({ traceId }) => get<TraceDetail>(traceRoute(traceId))))
    return new Map(details.map((detail) => [String(server(detail).attributes!['url.path']), detail]))
  }
  const finding = async (service: string): Promise<Insight | undefined> =>
    (await get<InsightList>(ROUTES.insights)).insights.find((one) => isAboutParse(one) && one.service === service)
  // on a busy machine the start of the program may hold up its loop as well
  const isAboutParse = ({ kind, title }: Insight): boolean => kind === 'blocked' && title.includes('JSON.parse')
  const traceRoute = (traceId: string): string => `${ROUTES.trace.replace(':traceId', traceId)}?attributes=1`
  const server = ({ spans }: TraceDetail): SpanRow => spans.find(({ kind }) => kind === 'server')!
  const profileOf = (trace: TraceDetail): Promise<SpanProfile> =>
    get(ROUTES.spanProfile.replace(':traceId', trace.traceId).replace(':spanId', server(trace).spanId))

  test('the request that waited names function, file and line, and the request that ran it', async () => {
    await dev('plain', '--profile', source)
    const traces = await tracesOf('plain')
    const [victim, report] = [traces.get('/victim')!, traces.get('/report')!]
    const found = await finding('plain')
    expect(found).toMatchObject({ severity: 'warning', count: 2 })
    expect(found!.title).toMatch(
      new RegExp(`^Waited up to \\d+ ms behind JSON\\.parse in main\\.ts:${PARSES}, of GET$`),
    )
    expect(new Set(found!.evidence.map(({ traceId }) => traceId))).toEqual(new Set([victim.traceId, report.traceId]))
    expect(victim.insights.filter(isAboutParse).map(({ title }) => title)).toEqual([
      expect.stringMatching(/^Waited up to \d+ ms behind JSON/),
    ])
    expect(report.insights.filter(isAboutParse).map(({ title }) => title)).toEqual([
      expect.stringMatching(
        new RegExp(`^The event loop was blocked for \\d+ ms by JSON\\.parse in main\\.ts:${PARSES}, of GET$`),
      ),
    ])
    for (const { badges } of [victim, report]) expect(badges).toContain('blocked')
  })

  test('a span has the flame of what ran while it was open, its own code apart from that of others', async () => {
    const traces = await tracesOf('plain')
    const [victim, report] = [await profileOf(traces.get('/victim')!), await profileOf(traces.get('/report')!)]
    const own = report.groups.find(({ kind }) => kind === 'own')!
    expect(own.ns).toBeGreaterThan(150e6)
    const parses = named(own.roots, 'report')!
    expect(parses).toMatchObject({ file: source, hotLine: PARSES })
    expect(parses.ns).toBeGreaterThan(own.ns * 0.8)
    const other = victim.groups.find(({ kind }) => kind === 'other')!
    expect(other).toMatchObject({ traceId: traces.get('/report')!.traceId, name: 'GET' })
    expect(named(other.roots, 'report')!.ns).toBeGreaterThan(150e6)
    const victimOwn = victim.groups.find(({ kind }) => kind === 'own')?.roots ?? []
    expect(named(victimOwn, 'report')).toBeUndefined()
    expect(victim.blocks).toContainEqual(
      expect.objectContaining({ own: false, callee: 'JSON.parse', file: source, line: PARSES, operation: 'GET' }),
    )
    expect(report.blocks).toContainEqual(expect.objectContaining({ own: true, line: PARSES }))
    expect(report.lost).toBe(0)
  })

  test('what the program was compiled from is named, where Node.js reads source maps', async () => {
    await dev('compiled', '--profile', 'node', '--enable-source-maps', compiled)
    await tracesOf('compiled')
    expect((await finding('compiled'))!.title).toContain(`JSON.parse in main.ts:${PARSES}, of GET`)
  })

  test('nothing is sampled unless it is asked for', async () => {
    await dev('usual', source)
    const { traces } = await eventually(async () => {
      const list = await get<TraceList>(`${ROUTES.traces}?service=usual`)
      return list.traces.length === 3 ? list : undefined
    })
    const [{ traceId, rootSpanId }] = traces as [TraceList['traces'][number]]
    expect(await get(ROUTES.span.replace(':traceId', traceId).replace(':spanId', rootSpanId!))).toMatchObject({
      profiled: false,
    })
  })
})

function named(nodes: readonly FlameNode[], name: string): FlameNode | undefined {
  for (const node of nodes) {
    const found = node.name === name ? node : named(node.children, name)
    if (found) return found
  }
  return undefined
}
