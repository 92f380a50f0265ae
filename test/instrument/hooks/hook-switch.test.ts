/** Hooks of imports are not asked for what CommonJS requires, and for all that is imported, wherever that begins. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { runFile } from '../../support/run-node.ts'

const SOURCE = path.join(import.meta.dirname, '../../../src/instrument/hooks/hook-switch.ts')
const FILES = {
  'main.mjs': `
    import Module, { createRequire } from 'node:module'
    import { switchHooks } from ${JSON.stringify(SOURCE)}
    const seen = []
    const hooks = switchHooks((specifier, context, next) => { seen.push(specifier); return next(specifier, context) })
    hooks.addLoad((url, context, next) => { seen.push(url.split('/').at(-1)); return next(url, context) })
    const { require: below } = Module.prototype
    Module.prototype.require = function (id) {
      const aside = hooks.standAside()
      try { return below.call(this, id) } finally { if (aside) hooks.comeBack(aside) }
    }
    const require = createRequire(import.meta.url)
    require('./plain.cjs')
    await require('./importing.cjs')
    try { require('./none.cjs') } catch {}
    require('./outer.mjs')
    await import('./last.mjs')
    console.log(JSON.stringify(seen))`,
  'plain.cjs': `require('./data.json'); require('node:os')`,
  'data.json': '{}',
  'importing.cjs': `require('./plain.cjs'); module.exports = import('./first.mjs'); require('node:path')`,
  'first.mjs': `import './inner.mjs'`,
  'inner.mjs': '',
  // it is required itself, and imports
  'outer.mjs': `import './within.mjs'`,
  'within.mjs': '',
  'last.mjs': '',
}

test('what is required passes by the hooks, and what is imported does not', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'uptrace-switch-'))
  for (const [name, text] of Object.entries(FILES)) writeFileSync(path.join(folder, name), text)
  const { stdout, stderr } = await runFile(path.join(folder, 'main.mjs'))
  expect(stderr).not.toContain('Error')
  expect(JSON.parse(stdout)).toEqual([
    ...['./first.mjs', 'first.mjs', './inner.mjs', 'inner.mjs'],
    ...['./within.mjs', 'within.mjs', './last.mjs', 'last.mjs'],
  ])
})
