/** The store at its limits: a full disk, and texts that outlive what used them. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROUTES, type TraceList, type ViewerStatus } from '../../../src/viewer/api.ts'
import { createStore } from '../../../src/viewer/store/store.ts'
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
