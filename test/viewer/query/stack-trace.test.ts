/** Lines of stacks as V8 writes them: each is a frame with its place. */
import { expect, test } from 'vitest'
import { parseStack } from '../../../src/viewer/query/stack-trace.ts'

test.for<[line: string, file: string | null, at: number | null]>([
  ['    at async file:///app/x.mjs:1:2', '/app/x.mjs', 1],
  ['    at file:///app/x.mjs:1:2', '/app/x.mjs', 1],
  ['    at load (/app/src/orders.ts:12:9)', '/app/src/orders.ts', 12],
  ['    at async Promise.all (index 0)', null, null],
  ['    at Page (/app/(shop)/page.tsx:3:4)', '/app/(shop)/page.tsx', 3],
  ['    at async Page (file:///app/(shop)/[id]/page.tsx:3:4)', '/app/(shop)/[id]/page.tsx', 3],
  ['    at /app/my folder/x.js:5:6', '/app/my folder/x.js', 5],
  ['    at new Order (/app/order.js:7:8)', '/app/order.js', 7],
  ['    at Object.<anonymous> (/app/a.js:9:1)', '/app/a.js', 9],
  ['    at C:\\app\\x.js:3:4', 'C:\\app\\x.js', 3],
  ['    at eval (eval at run (/app/a.js:1:2), <anonymous>:1:1)', null, null],
])('%s', ([line, file, at]) => {
  const [frame] = parseStack(line)
  expect([frame?.file ?? null, frame?.line ?? null]).toEqual([file, at])
})
