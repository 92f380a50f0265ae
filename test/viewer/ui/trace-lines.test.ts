import { describe, expect, test } from 'vitest'
import type { SpanRow, TraceDetail } from '../../../src/viewer/api.ts'
import { rulerMarks, selfStretches, visibleStretches } from '../../../src/viewer/ui/pages/trace/geometry.ts'
import { childrenOf, foldsAbove, isWithin, linesOf } from '../../../src/viewer/ui/pages/trace/rows.ts'

interface Tree {
  readonly name: string
  readonly at?: readonly [fromNs: number, toNs: number]
  readonly error?: boolean
  readonly children?: readonly Tree[]
}

/** Rows as the back end makes them: depth-first, with positions of parents. */
function traceOf(...roots: readonly Tree[]): TraceDetail {
  const spans: SpanRow[] = []
  const add = (tree: Tree, parentIndex: number, depth: number) => {
    const index = spans.length
    const [offsetNs, end] = tree.at ?? [0, 10]
    const children = tree.children ?? []
    const row = { index, parentIndex, depth, spanId: `s${index}`, service: 'web', name: tree.name, groupKey: tree.name }
    spans.push({
      ...row,
      children: children.length,
      offsetNs,
      durationNs: end - offsetNs,
      error: tree.error ?? false,
    } as SpanRow)
    for (const child of children) add(child, index, depth + 1)
    spans[index] = { ...spans[index]!, descendants: spans.length - index - 1 }
  }
  for (const root of roots) add(root, -1, 0)
  return { spans } as unknown as TraceDetail
}

const queries = (count: number): Tree[] => Array.from({ length: count }, () => ({ name: 'SELECT' }))
const plain = { collapsed: new Set<string>(), unfolded: new Set<string>(), keep: null, folds: true, focus: -1 }
const textOf = (trace: TraceDetail, options: Partial<Parameters<typeof linesOf>[1]> = {}) =>
  linesOf(trace, { ...plain, ...options }).map(
    (line) => `${'  '.repeat(line.level)}${line.span.name}${line.kind === 'fold' ? ` ×${line.members.length}` : ''}`,
  )

describe('lines of the waterfall', () => {
  test('five equal siblings are one line where the first of them was', () => {
    const trace = traceOf({ name: 'GET /', children: [{ name: 'auth' }, ...queries(5), { name: 'render' }] })
    expect(textOf(trace)).toEqual(['GET /', '  auth', '  SELECT ×5', '  render'])
  })

  test('four equal siblings stay as they are', () => {
    expect(textOf(traceOf({ name: 'GET /', children: queries(4) }))).toHaveLength(5)
  })

  test('equal siblings with others between them fold too', () => {
    const children = queries(5).flatMap((query) => [{ name: 'connect' }, query])
    expect(textOf(traceOf({ name: 'GET /', children }))).toEqual(['GET /', '  connect ×5', '  SELECT ×5'])
  })

  test('an opened fold shows its members one level below it', () => {
    const trace = traceOf({ name: 'GET /', children: queries(5) })
    const unfolded = new Set(foldsAbove(trace.spans, 3))
    expect(textOf(trace, { unfolded })).toEqual(['GET /', '  SELECT ×5', ...Array(5).fill('    SELECT')])
  })

  test('a fold adds up durations and errors', () => {
    const children = [...queries(4), { name: 'SELECT', error: true }]
    expect(linesOf(traceOf({ name: 'GET /', children }), plain)[1]).toMatchObject({ totalNs: 50, errors: 1 })
  })

  test('roots never fold', () => {
    expect(textOf(traceOf(...queries(6)))).toHaveLength(6)
  })

  test('a collapsed span hides all that is below it and nothing beside it', () => {
    const trace = traceOf({ name: 'a', children: [{ name: 'b', children: [{ name: 'c' }] }, { name: 'd' }] })
    expect(textOf(trace, { collapsed: new Set(['s1']) })).toEqual(['a', '  b', '  d'])
  })

  test('a filter keeps what is above a match', () => {
    const trace = traceOf({ name: 'a', children: [{ name: 'b', children: queries(6) }, { name: 'd' }] })
    const keep = Uint8Array.from(trace.spans, ({ index }) => Number(index === 4))
    expect(textOf(trace, { keep, folds: false })).toEqual(['a', '  b', '    SELECT'])
  })

  test('what is kept folds when so many are left', () => {
    const trace = traceOf({ name: 'a', children: queries(7) })
    const keepFrom = (first: number) => Uint8Array.from(trace.spans, ({ index }) => Number(index >= first))
    expect(textOf(trace, { keep: keepFrom(3) })).toEqual(['a', '  SELECT ×5'])
    expect(textOf(trace, { keep: keepFrom(4) })).toEqual(['a', ...Array(4).fill('  SELECT')])
    expect(textOf(trace, { keep: keepFrom(3), folds: false })).toEqual(['a', ...Array(5).fill('  SELECT')])
  })

  test('the focus shows one span and what is below it, from the left', () => {
    const trace = traceOf(
      { name: 'a', children: [{ name: 'b', children: [{ name: 'c' }, ...queries(5)] }, { name: 'd' }] },
      { name: 'e' },
    )
    expect(textOf(trace, { focus: 1 })).toEqual(['b', '  c', '  SELECT ×5'])
    expect(trace.spans.filter(({ index }) => isWithin(trace.spans, 1, index)).map(({ name }) => name)).toEqual([
      'b',
      'c',
      ...Array(5).fill('SELECT'),
    ])
    expect(trace.spans.every(({ index }) => isWithin(trace.spans, -1, index))).toBe(true)
  })

  test('a chain of 20 000 spans does not exhaust the stack', () => {
    const spans = Array.from({ length: 20_000 }, (_, index) => ({
      ...{ index, parentIndex: index - 1, spanId: `s${index}`, service: 'web', groupKey: 'x', durationNs: 1 },
      ...{ children: index < 19_999 ? 1 : 0, descendants: 19_999 - index },
    }))
    expect(linesOf({ spans } as unknown as TraceDetail, plain)).toHaveLength(20_000)
  })

  test('direct children are found without the ones below them', () => {
    const { spans } = traceOf(
      { name: 'a', children: [{ name: 'b', children: [{ name: 'c' }] }, { name: 'd' }] },
      { name: 'e' },
    )
    expect(childrenOf(spans, 0)).toEqual([1, 3])
    expect(childrenOf(spans, -1)).toEqual([0, 4])
  })
})

describe('stretches of time', () => {
  test('own time is what no child covers, overlapping children included', () => {
    const children: Tree[] = [
      { name: 'x', at: [10, 30] },
      { name: 'y', at: [20, 40] },
      { name: 'z', at: [60, 120] },
    ]
    const { spans } = traceOf({ name: 'a', at: [0, 100], children })
    expect(selfStretches(spans, 0)).toEqual([
      { fromNs: 0, toNs: 10 },
      { fromNs: 40, toNs: 60 },
    ])
  })

  test('what a screen cannot tell apart is drawn as one', () => {
    const stretches = Array.from({ length: 50_000 }, (_, index) => ({ fromNs: index * 20, toNs: index * 20 + 10 }))
    expect(visibleStretches(stretches, { fromNs: 0, toNs: 1_000_000 }).length).toBeLessThan(600)
  })

  test('marks of the ruler are round and lie in the window', () => {
    expect(rulerMarks({ fromNs: 130, toNs: 910 }, 6)).toEqual([200, 400, 600, 800])
  })
})
