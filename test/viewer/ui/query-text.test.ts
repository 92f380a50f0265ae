import { expect, test } from 'vitest'
import { parseQuery } from '../../../src/viewer/query/language/parse.ts'
import {
  addTerm,
  attributeTerm,
  removeTerm,
  splitTerms,
  term,
  toggleTerm,
  withoutField,
} from '../../../src/viewer/ui/lib/query-text.ts'

test.for([
  'plain',
  'GET /a b',
  'say "hi"',
  'C:\\dir',
  'a|b',
  '',
  'x=y',
  '{a}',
  '!b',
  '<c>',
  '”d',
  '’e',
  '»f',
  '-g',
  '(h)',
])('a term made of %j is read back as that value', (value) => {
  expect(parseQuery(term('user.id', value))).toMatchObject({ field: 'user.id', operator: '=', values: [value] })
})

test.for([
  'plain',
  'user.id',
  'customer tier',
  'a:b',
  'a=b',
  'a(b',
  'a|b',
  'has',
  'is',
  'or',
  '-dash',
  '@at',
  'x[0]',
  '100ms',
  'трек ID',
])('an attribute named %j is asked for by that name', (name) => {
  expect(parseQuery(attributeTerm(name, 'v'))).toMatchObject({ field: name, operator: '=', values: ['v'] })
})

test.for(['status', 'name', 'duration', 'trace.duration', 'span.x'])(
  'an attribute named %j is not taken for the field',
  (name) => {
    expect(parseQuery(attributeTerm(name, 'v'))).toMatchObject({ field: name, of: 'span', values: ['v'] })
  },
)

test('a blank behind a backslash and one in single quotes separate no terms', () => {
  expect(splitTerms("service:Api\\ Gateway name='GET /a' x")).toEqual(['service:Api\\ Gateway', "name='GET /a'", 'x'])
})

test('terms are split at blanks outside quotes', () => {
  expect(splitTerms('service:a  name:"GET /a b" -x "two words"')).toEqual([
    'service:a',
    'name:"GET /a b"',
    '-x',
    '"two words"',
  ])
})

test('adding a term drops its opposite and keeps the rest', () => {
  expect(addTerm('-status:error service:a', 'status:error')).toBe('service:a status:error')
  expect(addTerm('status:error service:a', '-status:error')).toBe('service:a -status:error')
})

test('toggling twice gives the query back', () => {
  expect(toggleTerm(toggleTerm('a', 'service:x'), 'service:x')).toBe('a')
})

test('only the whole term is removed', () => {
  expect(removeTerm('service:web service:web2', 'service:web')).toBe('service:web2')
})

test('every range of a field is dropped, other fields stay', () => {
  expect(withoutField('duration>5ms duration<=1s durations:3 x', 'duration')).toBe('durations:3 x')
})

test('what is joined by OR is put into brackets before a term is added', () => {
  expect(addTerm('status:error OR duration>5ms', 'service:a')).toBe('(status:error OR duration>5ms) service:a')
  expect(addTerm('(a || b) c', 'service:a')).toBe('(a || b) c service:a')
  expect(addTerm('"a OR b"', 'service:a')).toBe('"a OR b" service:a')
})
