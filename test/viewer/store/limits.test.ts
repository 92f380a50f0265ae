/** The store at its limits: a full disk, and texts that outlive what used them. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROUTES, type TraceList, type ViewerStatus } from '../../../src/viewer/api.ts'
import { createStore, type Store } from '../../../src/viewer/store/store.ts'
import { decodeJson } from '../../../src/wire/decode.ts'
import { startHarness } from '../harness.ts'

function request(batch: number, count: number, textLength = 300): object {
  const now = BigInt(Date.now()) * 1_000_000n
  const spans = Array.from({ length: count }, (_, n) => ({
    traceId: (batch * 100_000 + n + 1).toString(16).padStart(32, '0'),
    spanId: (n + 1).toString(16).padStart(16, '0'),
    name: `name ${batch} ${n} ${'x'.repeat(100)}`,
    startTimeUnixNano: String(now),
    endTimeUnixNano: String(now + 5_000_000n),
    attributes: [{ key: 'text', value: { stringValue: 'y'.repeat(textLength) + n } }],
  }))
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: `service ${batch}` } }] }
  return { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }
}

describe.skipIf(process.getuid?.() !== 0)('on a full disk (needs root, to mount a small one)', () => {
  let folder: string
  const mount = (size: string, ...options: string[]) =>
    execFileSync('mount', ['-t', 'tmpfs', '-o', [`size=${size}`, ...options].join(','), 'tmpfs', folder])
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'viewer-full-'))
    mount('3m')
  })
  afterAll(() => {
    execFileSync('umount', [folder])
    rmSync(folder, { recursive: true })
  })

  test('the viewer keeps reading, says so, starts again, and stores when there is room', async () => {
    for (const start of [1, 2]) {
      await using viewer = await startHarness({ file: path.join(folder, 'viewer.db') })
      const fill = async (): Promise<boolean> => {
        for (let batch = 0; batch < 40; batch++)
          if (await viewer.send('/v1/traces', request(start * 100 + batch, 200)).catch(() => undefined)) continue
          else return true
        return false
      }
      expect(await fill()).toBe(true)
      const { storage } = await viewer.get<ViewerStatus>(ROUTES.status)
      expect(storage).toMatchObject({ kind: 'disk', problem: expect.stringMatching(/full/) })
      expect((await viewer.get<TraceList>(`${ROUTES.traces}?limit=5`)).traces).toHaveLength(5)
      const cleared = await viewer.fetch(ROUTES.data, { method: 'DELETE' })
      expect([cleared.status, await cleared.text()]).toEqual([507, expect.stringMatching(/disk_full.*make some/)])
      // longer than its timers rest
      await new Promise((resolve) => setTimeout(resolve, 2500))
      expect((await viewer.get<TraceList>(`${ROUTES.traces}?limit=5`)).traces).toHaveLength(5)
      if (start === 1) continue
      execFileSync('mount', ['-o', 'remount,size=30m', folder])
      await viewer.send('/v1/traces', request(999, 50))
      expect((await viewer.get<ViewerStatus>(ROUTES.status)).storage.problem).toBeNull()
    }
  }, 60_000)
})

test('texts, services and resources go with the spans that used them, so that a small store never fills up with them', () => {
  const maxBytes = 4 * 1024 * 1024
  const store = createStore({ limits: { maxBytes } })
  try {
    for (let batch = 0; batch < 60; batch++) {
      store.add(decodeJson(request(batch, 500, 20)))
      while (store.retention.step());
    }
    expect(store.retention.totals.spans).toBeGreaterThan(2000)
    expect(store.retention.bytes()).toBeLessThan(maxBytes * 1.1)
    const { n } = store.database.prepare('SELECT count(*) AS n FROM resource').get() as { n: number }
    expect(n).toBeLessThan(30)
    // what is left still has its names
    const names = store.database
      .prepare('SELECT DISTINCT s.name FROM span s LEFT JOIN str ON str.id = s.name WHERE str.id IS NULL')
      .all()
    expect(names).toEqual([])
    expect(store.resources.all().length).toBe(n)
  } finally {
    store.close()
  }
})

const countOf = ({ database }: Store, table: string): number =>
  Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!['n'])

test('samples at their limit do not have the whole store looked through', () => {
  const store = createStore({ limits: { maxProfileBytes: 1 } })
  try {
    store.database.exec("INSERT INTO str (v) VALUES ('nobody names it')")
    const [startUs, endUs] = [Date.now() * 1000 - 1e6, Date.now() * 1000]
    const nothing = { frames: [], stacks: [], spans: [], samples: [], blocks: [] }
    store.addProfile('run', { resource: {}, startUs, endUs, intervalUs: 1000, ...nothing })
    while (store.retention.step());
    expect([countOf(store, 'profile'), store.retention.totals.profileBytes, countOf(store, 'str')]).toEqual([0, 0, 1])
  } finally {
    store.close()
  }
})

test('at its limit of spans not every request deletes, nor has the whole store looked through', () => {
  const store = createStore({ limits: { maxSpans: 1000 } })
  const deletions: number[] = []
  try {
    store.onDeleted(() => deletions.push(store.retention.totals.spans))
    store.add(decodeJson(request(0, 990)))
    for (let batch = 1; batch <= 20; batch++) {
      store.add(decodeJson(request(batch, 10)))
      while (store.retention.step());
      // the first sweep is due, the others are not: they would find this
      if (batch === 10) store.database.exec("INSERT INTO str (v) VALUES ('nobody names it')")
    }
    const swept = countOf(store, "str WHERE v = 'nobody names it'") === 0
    // those of a sweep are told as well
    expect(new Set(deletions)).toEqual(new Set([950]))
    expect(deletions.length).toBeLessThanOrEqual(5)
    expect([store.retention.totals.spans, countOf(store, 'span'), swept]).toEqual([950, 950, false])
  } finally {
    store.close()
  }
})

test('exemplars of an old file stay for as long as its points', () => {
  const store = createStore({ limits: { maxAgeMillis: 60_000 } })
  const secondsAgo = (seconds: number): number => (Date.now() - seconds * 1000) * 1000
  const add = (service: string, seconds: number) => {
    const nanos = (before: number) => `${secondsAgo(seconds + before)}000`
    const exemplars = [{ timeUnixNano: nanos(5), asDouble: 1 }]
    const dataPoints = [{ startTimeUnixNano: nanos(10), timeUnixNano: nanos(0), asInt: '1', exemplars }]
    const metrics = [{ name: 'orders', sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } }]
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] }
    store.add(decodeJson({ resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'shop' }, metrics }] }] }))
  }
  const arrivedBefore = (seconds: number) =>
    store.database.prepare('INSERT INTO arrival SELECT ?, 0, 0, max(id) FROM point').run(secondsAgo(seconds))
  const exemplars = () =>
    store.database
      .prepare('SELECT time_us FROM exemplar')
      .all()
      .map((row) => row['time_us'])
  try {
    add('live', 120)
    arrivedBefore(110)
    add('imported', 3600)
    const [, imported] = exemplars()
    while (store.retention.step());
    expect(countOf(store, 'point')).toBe(1)
    expect(exemplars()).toEqual([imported])
    arrivedBefore(61)
    while (store.retention.step());
    expect([countOf(store, 'point'), exemplars()]).toEqual([0, []])
  } finally {
    store.close()
  }
})
