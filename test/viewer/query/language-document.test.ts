/** docs/query-language.md: what it shows is read, what it says is refused is refused, and every field is there. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { LOG_FIELDS, resolveField, SPAN_FIELDS, TRACE_FIELDS } from '../../../src/viewer/query/language/field-names.ts'
import { parseQuery } from '../../../src/viewer/query/language/parse.ts'

const text = readFileSync(path.join(import.meta.dirname, '../../../docs/query-language.md'), 'utf8')

test.for(linesOf('query'))('%s is read', (query) => {
  expect(() => parseQuery(query)).not.toThrow()
})

test.for(linesOf('refused'))('%s is refused', (query) => {
  expect(() => parseQuery(query)).toThrow(expect.objectContaining({ code: 'bad_query' }))
})

const dialects = sectionOf('Other languages').matchAll(/^\| \S.*? \| (`.*`) \|$/gm)
test.for([...dialects].flatMap(([, cell]) => codesOf(cell!)).filter((query) => /\w/.test(query)))(
  '%s of another language is read',
  (query) => {
    expect(() => parseQuery(query)).not.toThrow()
  },
)

test('every field is named', () => {
  const named = new Set(codesOf(sectionOf('Fields')))
  expect([...SPAN_FIELDS, ...TRACE_FIELDS, ...LOG_FIELDS].filter((field) => !named.has(field))).toEqual([])
})

test('what is said to be another name of a field is one', () => {
  const rows = [...sectionOf('Fields').matchAll(/^\| (`[^|]+`) \| (`[^|;]+`)[^|]*\|$/gm)]
  expect(rows.length).toBeGreaterThan(8)
  const wrong = rows.flatMap(([, fields, names]) =>
    codesOf(names!).filter((name) => name !== 'message' && !codesOf(fields!).includes(resolveField(name).name)),
  )
  expect(wrong).toEqual([])
})

function linesOf(kind: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)\\n\`\`\``, 'gm'))].flatMap(([, lines]) =>
    lines!.split('\n'),
  )
}

function sectionOf(title: string): string {
  return text.split(`\n## ${title}\n`)[1]!.split('\n## ')[0]!
}

function codesOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!.replaceAll('\\|', '|').replaceAll('{…}', '{ a=1 }'))
}
