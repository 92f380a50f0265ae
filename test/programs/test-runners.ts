/** Jest, Vitest and node:test at their latest versions: what a suite with `uptrace-node/testing` looks like in each. */

export interface TestRunner {
  readonly name: string
  readonly packages: readonly string[]
  readonly files: Readonly<Record<string, string>>
  /** Of Node. */
  readonly args: readonly string[]
  readonly flags?: readonly string[]
}

/** A server of node:http whose handler makes as many spans of queries as it is asked for. */
const shop = (exports: string): string => `
function startShop() {
  const server = createServer((request, response) => {
    const count = Number(new URL(request.url, 'http://x').searchParams.get('items'))
    for (let item = 0; item < count; item++) trace.getTracer('shop').startSpan('SELECT stock', { kind: 2, attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT * FROM stock WHERE id = ' + item } }).end()
    response.end('ok')
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ url: 'http://127.0.0.1:' + server.address().port, close: () => server.close() })))
}
${exports}
`
const IMPORTS = `import { createServer } from 'node:http'\nimport { trace } from '@opentelemetry/api'\n`
const REQUIRES = `const { createServer } = require('node:http')\nconst { trace } = require('@opentelemetry/api')\n`

/** Each suite has one test that must fail, so that a matcher that finds nothing is seen. */
const tests = (expects: { readonly one: string; readonly many: string }): string => `
test('one query', async () => {
  const trace = await telemetry.capture(async () => (await fetch(shop.url + '/?items=1')).text())
  ${expects.one}
})
test('must fail', async () => {
  const trace = await telemetry.capture(async () => (await fetch(shop.url + '/?items=9')).text())
  ${expects.many}
})
`
const MATCHERS = tests({
  one: `expect(trace).toHaveSpan({ name: 'SELECT stock' }); expect(trace).toHaveQueryCount(1); expect(trace).toHaveNoErrors(); expect(trace).toHaveNoNPlusOne(); expect(trace).not.toHaveSpan({ status: 'error' })`,
  many: `expect(trace).toHaveNoNPlusOne()`,
})
const ASSERTIONS = tests({
  one: `assertSpan(trace, { name: 'SELECT stock' }); assertQueryCount(trace, 1); assertNoErrors(trace); assertNoNPlusOne(trace)`,
  many: `assertNoNPlusOne(trace)`,
})
const START = `const telemetry = await startTelemetry()\nconst { startShop } = await import('./shop.mjs')\nconst shop = await startShop()\n`

export const TEST_RUNNERS: readonly TestRunner[] = [
  {
    name: 'jest, CommonJS',
    packages: ['jest'],
    files: {
      'package.json': JSON.stringify({ private: true, type: 'commonjs' }),
      'jest.config.js': `module.exports = { testEnvironment: 'node', setupFilesAfterEnv: ['uptrace-node/testing/jest'] }\n`,
      'shop.js': REQUIRES + shop('module.exports = { startShop }'),
      'shop.test.js': `const { startTelemetry } = require('uptrace-node/testing')\nlet telemetry, shop\nbeforeAll(async () => { telemetry = await startTelemetry(); shop = await require('./shop.js').startShop() })\nafterAll(() => shop.close())\n${MATCHERS}`,
    },
    args: ['node_modules/jest/bin/jest.js'],
  },
  {
    name: 'jest, ES modules',
    packages: ['jest'],
    files: {
      'package.json': JSON.stringify({ private: true, type: 'module' }),
      'jest.config.js': `export default { testEnvironment: 'node', setupFilesAfterEnv: ['uptrace-node/testing/jest'], testMatch: ['**/*.test.mjs'], moduleFileExtensions: ['mjs', 'js'] }\n`,
      'shop.mjs': `${IMPORTS}${shop('export { startShop }')}`,
      'shop.test.mjs': `import { startTelemetry } from 'uptrace-node/testing'\n${START}afterAll(() => shop.close())\n${MATCHERS}`,
    },
    args: ['node_modules/jest/bin/jest.js'],
    flags: ['--experimental-vm-modules', '--no-warnings'],
  },
  {
    name: 'jest, @jest/globals',
    packages: ['jest', '@jest/globals'],
    files: {
      'package.json': JSON.stringify({ private: true, type: 'module' }),
      'jest.config.js': `export default { testEnvironment: 'node', testMatch: ['**/*.test.mjs'], moduleFileExtensions: ['mjs', 'js'] }\n`,
      'shop.mjs': `${IMPORTS}${shop('export { startShop }')}`,
      'shop.test.mjs': `import { afterAll, expect, test } from '@jest/globals'\nimport { matchers, startTelemetry } from 'uptrace-node/testing'\nexpect.extend(matchers)\n${START}afterAll(() => shop.close())\n${MATCHERS}`,
    },
    args: ['node_modules/jest/bin/jest.js'],
    flags: ['--experimental-vm-modules', '--no-warnings'],
  },
  {
    name: 'vitest',
    packages: ['vitest', 'vite'],
    files: {
      'package.json': JSON.stringify({ private: true, type: 'module' }),
      'shop.mjs': `${IMPORTS}${shop('export { startShop }')}`,
      'shop.test.mjs': `import { afterAll, expect, test } from 'vitest'\nimport { startTelemetry } from 'uptrace-node/testing'\nimport 'uptrace-node/testing/vitest'\n${START}afterAll(() => shop.close())\n${MATCHERS}`,
    },
    args: ['node_modules/vitest/vitest.mjs', 'run'],
  },
  {
    name: 'node:test',
    packages: [],
    files: {
      'package.json': JSON.stringify({ private: true, type: 'module' }),
      'shop.mjs': `${IMPORTS}${shop('export { startShop }')}`,
      'shop.test.mjs': `import test, { after } from 'node:test'\nimport { assertNoErrors, assertNoNPlusOne, assertQueryCount, assertSpan, startTelemetry } from 'uptrace-node/testing'\n${START}after(() => shop.close())\n${ASSERTIONS}`,
    },
    args: ['--test', 'shop.test.mjs'],
  },
]
