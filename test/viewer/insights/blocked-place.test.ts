/** How the place that held up the event loop is named. */
import { expect, test } from 'vitest'
import { placeText } from '../../../src/viewer/insights/blocked.ts'

test.for<[file: string, line: number, text: string]>([
  ['/app/src/report.js', 41, 'spin in report.js:41'],
  ['C:\\app\\report.js', 41, 'spin in report.js:41'],
  ['/app/node_modules/slow-dep/lib/index.js', 4, 'spin in slow-dep/lib/index.js:4'],
  ['/app/node_modules/.pnpm/a@1/node_modules/@scope/a/index.js', 4, 'spin in @scope/a/index.js:4'],
  ['C:\\app\\node_modules\\slow\\index.js', 4, 'spin in slow/index.js:4'],
  ['', 0, 'spin'],
])('%s', ([file, line, text]) => {
  expect(placeText({ callee: 'spin', file, line })).toBe(text)
})
