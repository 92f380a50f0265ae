import { beforeEach, describe, expect, test, vi } from 'vitest'

const names = Array.from({ length: 30 }, (_, index) => `service-${index}`)
let stored: Map<string, string>

/** The module as a freshly loaded page has it. */
async function loadPage() {
  vi.resetModules()
  return await import('../../../src/viewer/ui/lib/service-colors.ts')
}

beforeEach(() => {
  stored = new Map()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  })
})

describe('colours of services', () => {
  test('twelve services have twelve colours, and thirty share them evenly', async () => {
    const { serviceSlot } = await loadPage()
    expect(new Set(names.slice(0, 12).map(serviceSlot)).size).toBe(12)
    const uses = Map.groupBy(names, serviceSlot)
    expect(uses.size).toBe(12)
    expect(Math.max(...[...uses.values()].map(({ length }) => length))).toBe(3)
  })

  test('a colour stays when others come, and after a reload', async () => {
    const first = await loadPage()
    const before = names.slice(0, 5).map(first.serviceSlot)
    first.knowServices(names)
    expect(names.slice(0, 5).map(first.serviceSlot)).toEqual(before)
    const second = await loadPage()
    second.knowServices(names)
    expect(names.toReversed().map(second.serviceSlot).toReversed().slice(0, 5)).toEqual(before)
  })

  test('services that are gone free their colours, those on the page keep them', async () => {
    ;(await loadPage()).knowServices(names.slice(0, 12))
    const page = await loadPage()
    const kept = page.serviceSlot(names[3]!)
    page.knowServices(['new-1', 'new-2'])
    expect(page.serviceSlot(names[3]!)).toBe(kept)
    expect(new Set([kept, page.serviceSlot('new-1'), page.serviceSlot('new-2')]).size).toBe(3)
  })

  test.for(['nonsense', '{"a":1}', '[["orders",99],["stock","1"],null]'])(
    'what is stored as %s is not trusted',
    async (text) => {
      stored.set('service-colors', text)
      const { serviceSlot } = await loadPage()
      expect(serviceSlot('orders')).toBe(0)
      expect(serviceSlot('stock')).toBe(2)
    },
  )

  test('without storage colours last as long as the page', async () => {
    vi.stubGlobal('localStorage', undefined)
    const { serviceSlot, knowServices } = await loadPage()
    knowServices(['b', 'a'])
    expect([serviceSlot('a'), serviceSlot('b')]).toEqual([0, 2])
  })
})
