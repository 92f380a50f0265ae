import { describe, expect, test } from 'vitest'
import type { TraceSummary } from '../../../src/viewer/api.ts'
import { clean, cleanLines, cutTo, widthOf } from '../../../src/viewer/terminal/clean.ts'
import { screenOf } from '../../../src/viewer/terminal/screen.ts'
import { codeMarkdown, inlineMarkdown, markdownTable, tableLines } from '../../../src/viewer/terminal/table.ts'
import { traceLine } from '../../../src/viewer/terminal/trace-line.ts'

const hasColors = (): boolean => true
const hasNone = (): boolean => false
const COLOURED = { isTTY: true, columns: 80, hasColors }
const PLAIN = screenOf({}, {})

describe('text of programs', () => {
  test.for([
    ['a\x1b[31mb\x1b[0m', 'ab'],
    ['a\x1b]0;title\x07b', 'ab'],
    ['a\x1b]8;;http://evil\x1b\\b', 'ab'],
    ['\x1b[2J\x1b[Hgone', 'gone'],
    ['a\x9b31mb', 'ab'],
    ['two\r\nlines\x00', 'two lines'],
    ['admin\u202egnp.exe', 'admin gnp.exe'],
    ['  blank \t ', 'blank'],
    ['naïve 木 🙂', 'naïve 木 🙂'],
  ])('%j is shown as %j', ([text, shown]) => {
    expect(clean(text!)).toBe(shown)
  })

  test('lines of a stack stay lines, indented', () => {
    expect(cleanLines('Error: a\n    at b\x1b[2J\n\tat c')).toEqual(['Error: a', '    at b', '  at c'])
  })

  test('a very long text is cut before it is worked on', () => {
    expect(clean(`${'\x1b[31m'.repeat(100_000)}a`, 10).length).toBeLessThan(11)
  })
})

describe('columns', () => {
  test.for([
    ['木村', 4],
    ['e\u0301', 1],
    ['🙂', 2],
    ['abc', 3],
  ] as const)('%s takes %d', ([text, width]) => {
    expect(widthOf(text)).toBe(width)
  })

  test.for([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 4, 'abc…'],
    ['木村木村', 6, '木村…'],
    ['abc', 0, ''],
  ] as const)('%s in %d columns is %s', ([text, columns, shown]) => {
    expect(cutTo(text, columns)).toBe(shown)
  })
})

describe('colours', () => {
  test.for([
    ['a terminal that has them', COLOURED, {}, true],
    ['a pipe', { ...COLOURED, isTTY: false }, {}, false],
    ['a terminal without', { ...COLOURED, hasColors: hasNone }, {}, false],
    ['NO_COLOR', COLOURED, { NO_COLOR: '1' }, false],
    ['NO_COLOR beside FORCE_COLOR', COLOURED, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['an empty NO_COLOR', COLOURED, { NO_COLOR: '' }, true],
  ] as const)('%s', ([, output, env, isColoured]) => {
    expect(screenOf(output, env).paint('red', 'x') !== 'x').toBe(isColoured)
  })
})

const TRACE: TraceSummary = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  startUs: 0,
  durationNs: 12_300_000,
  rootSpanId: '1'.repeat(16),
  service: 'shop',
  name: `GET /${'very-long/'.repeat(12)}`,
  kind: 'server',
  status: 'unset',
  httpStatus: 200,
  spans: 12,
  errors: 1,
  logs: 0,
  services: [],
  operationP50Ns: null,
  operationP95Ns: null,
  systems: { db: 4, http: 1 },
  badges: ['n+1'],
  matchedSpanId: null,
  matchedSpans: 1,
}

test.for([
  [200, '12 spans, 4 db, 1 http, 1 error, N+1'],
  [110, '12 spans, 4 db, 1 http, 1 error, N+1'],
  [90, '12 spans, 1 error, N+1'],
  [80, '1 error, N+1'],
  [70, 'N+1'],
  [60, ''],
] as const)('a line of a trace takes no more than %d columns, and keeps what is wrong longest', ([columns, counts]) => {
  const line = traceLine(TRACE, 'http://localhost:14319', screenOf({ isTTY: true, columns }, {}))
  expect(widthOf(line)).toBeLessThanOrEqual(columns)
  expect(line.startsWith('200 GET /')).toBe(true)
  expect(line).toContain(`  12.3 ms${counts && `  ${counts}`}  http://localhost:14319/t/4bf92f35`)
})

interface Row {
  readonly name: string
  readonly n: number
}

test('a table is aligned, and its longest column gives way', () => {
  const columns = [
    { title: 'name', of: ({ name }: Row) => name, grows: true },
    { title: 'n', of: ({ n }: Row) => String(n), right: true },
  ]
  const rows = [
    { name: 'a', n: 1 },
    { name: 'b'.repeat(60), n: 100 },
  ]
  expect(tableLines(columns, rows, screenOf({ isTTY: true, columns: 40 }, {}))).toEqual([
    `name${' '.repeat(31)}    n`,
    `a${' '.repeat(34)}    1`,
    `${'b'.repeat(34)}…  100`,
  ])
  expect(markdownTable(columns, [{ name: 'a|b\n<script>', n: 1 }])).toEqual([
    '| name | n |',
    '| --- | ---: |',
    '| a\\|b \\<script\\> | 1 |',
  ])
  expect(tableLines(columns, rows, PLAIN)[2]).toContain('b'.repeat(60))
})

test('a column that is optional gives way before the longest is cut away', () => {
  const columns = [
    { title: 'name', of: ({ name }: Row) => name, grows: true },
    { title: 'n', of: ({ n }: Row) => String(n), right: true },
    { title: 'again', optional: true, of: ({ n }: Row) => String(n).repeat(30) },
  ]
  const lines = tableLines(columns, [{ name: 'b'.repeat(20), n: 1 }], screenOf({ isTTY: true, columns: 40 }, {}))
  expect(lines).toEqual([`name${' '.repeat(16)}  n`, `${'b'.repeat(20)}  1`])
})

test.for([
  ['[a](http://b) *c* <img>', '\\[a\\](http://b) \\*c\\* \\<img\\>'],
  ['```\n# head', '\\`\\`\\` \\# head'],
])('%j is no markup', ([text, shown]) => {
  expect(inlineMarkdown(text!)).toBe(shown)
})

test('code holds the fences of its text', () => {
  expect(codeMarkdown('a`b')).toBe('`` a`b ``')
  expect(codeMarkdown('a')).toBe('`a`')
})
