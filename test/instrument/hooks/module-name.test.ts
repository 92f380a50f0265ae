/** The name of a package or built-in, read from what a program asks for. */
import { expect, test } from 'vitest'
import { moduleNameOf } from '../../../src/instrument/hooks/module-name.ts'

test.each([
  ['node:http', 'http'],
  ['pg', 'pg'],
  ['pg/lib/client', 'pg'],
  ['@redis/client/dist/x.js', '@redis/client'],
  ['/app/node_modules/.pnpm/pg@8/node_modules/pg/lib/index.js', 'pg'],
  ['C:\\app\\node_modules\\@redis\\client\\index.js', '@redis/client'],
  ['/app/src/pg.js', undefined],
  ['./pg', undefined],
  ['./node_modules/pg/lib/client.js', 'pg'],
  ['../../node_modules/@redis/client', '@redis/client'],
  ['@redis/client', '@redis/client'],
  ['@redis', '@redis'],
  ['/app/node_modules/@redis/client/dist/x.js', '@redis/client'],
  ['..', undefined],
  ['file:///app/pg.js', undefined],
  ['fs/promises', 'fs/promises'],
])('%s is of %s', (specifier, name) => {
  expect(moduleNameOf(specifier)).toBe(name)
})
