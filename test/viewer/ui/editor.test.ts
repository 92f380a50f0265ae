import { expect, test } from 'vitest'
import { editorLink } from '../../../src/viewer/ui/lib/editor.ts'
import { parseDuration } from '../../../src/viewer/ui/pages/trace/duration.ts'

test.for<[file: string | null, line: number | null, column: number | null, link: string | undefined]>([
  ['/app/src/pay.ts', 12, 9, 'vscode://file/app/src/pay.ts:12:9'],
  ['/app/src/pay.ts', 12, null, 'vscode://file/app/src/pay.ts:12'],
  ['/app/src/pay.ts', null, null, 'vscode://file/app/src/pay.ts'],
  ['/my app/#1/ü?.ts', 1, 2, 'vscode://file/my%20app/%231/%C3%BC%3F.ts:1:2'],
  ['file:///my%20app/pay.ts', 1, 2, 'vscode://file/my%20app/pay.ts:1:2'],
  ['C:\\app\\pay.ts', 3, 1, 'vscode://file/C:/app/pay.ts:3:1'],
  ['file:///C:/app/pay.ts', 3, 1, 'vscode://file/C:/app/pay.ts:3:1'],
  ['src/pay.ts', 3, 1, undefined],
  ['//host/share/pay.ts', 3, 1, undefined],
  ['node:internal/process', 3, 1, undefined],
  ['javascript:alert(1)', 3, 1, undefined],
  ['webpack:///app/pay.ts', 3, 1, undefined],
  [null, 3, 1, undefined],
])('a frame at %s:%s:%s links to %s', ([file, line, column, link]) => {
  expect(editorLink({ file, line, column })).toBe(link)
})

test.for<[text: string, ns: number | undefined]>([
  ['1ms', 1e6],
  ['1.5 ms', 1.5e6],
  ['1,5ms', 1.5e6],
  ['200us', 200e3],
  ['200µs', 200e3],
  ['2', 2e6],
  ['3s', 3e9],
  ['1m', 60e9],
  ['7ns', 7],
  ['', undefined],
  ['ms', undefined],
  ['-1ms', undefined],
  ['1h', undefined],
])('the duration %s is %s ns', ([text, ns]) => {
  expect(parseDuration(text)).toBe(ns)
})
