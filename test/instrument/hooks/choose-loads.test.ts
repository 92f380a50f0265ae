/** Which loads the hooks of instrumentations see: all that may lead to a target, whatever they are written like. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { installForTargets } from '../../../src/instrument/hooks/choose-loads.ts'
import type { Require } from '../../../src/instrument/hooks/module-require.ts'

const { require: pristine } = Module.prototype
let folder: string
let seen: string[]

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'uptrace-node-')))
  seen = []
})

afterEach(() => {
  Module.prototype.require = pristine
  rmSync(folder, { recursive: true, force: true })
})

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{"imports":{"#db":"target"}}',
  'app.cjs': `
    require('./own.cjs'); require('target'); require('target/lib/inner'); require('other'); require('#db'); require('@scope/target')
    require(__dirname + '/node_modules/target/index.js'); require('./node_modules/target'); require('node:path'); require('node:http'); require('http')`,
  'own.cjs': '',
  'node_modules/target/package.json': '{"name":"target"}',
  'node_modules/target/index.js': `require('./lib/inner'); require('../other/lib')`,
  'node_modules/target/lib/inner.js': `require('..'); require('../'); require('../index'); require('../index.js'); require('./plain'); require('./../lib/plain.js'); require('../deep'); require('../deep/inner.js'); require('other')`,
  'node_modules/target/lib/plain.js': `require('../lib'); require('../../other/lib'); require('../../target')`,
  'node_modules/target/lib/index.js': '',
  'node_modules/target/deep/index.js': `require('./inner'); require('.'); require('../../target/lib/plain')`,
  'node_modules/target/deep/inner.js': '',
  'node_modules/other/index.js': `require('./lib'); require('../target/lib/inner')`,
  'node_modules/other/lib.js': '',
  'node_modules/@scope/target/index.js': `require('./inner')`,
  'node_modules/@scope/target/inner.js': '',
}

test('only loads of what may be patched are seen', () => {
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
  }
  const targets = ['target', '@scope/target', 'http']
  installForTargets(
    {
      isTarget: (name) => targets.includes(name),
      isPatchedFile: (_name, file) => ['lib/inner', 'inner', 'deep/inner'].includes(file.replace(/\.js$/, '')),
    },
    () => {
      const below = Module.prototype.require as unknown as Require
      const noting: Require = function (id) {
        seen.push(`${path.relative(folder, this.filename)}: ${id.replace(folder, '')}`)
        return below.call(this, id)
      }
      Module.prototype.require = noting as unknown as typeof pristine
    },
  )
  createRequire(path.join(folder, 'start.cjs'))('./app.cjs')

  expect(seen.map((line) => line.replaceAll('\\', '/')).sort()).toEqual(
    [
      'app.cjs: target',
      'app.cjs: target/lib/inner',
      'app.cjs: #db',
      'app.cjs: @scope/target',
      'app.cjs: /node_modules/target/index.js',
      'app.cjs: ./node_modules/target',
      'app.cjs: node:http',
      'app.cjs: http',
      'node_modules/target/index.js: ./lib/inner',
      'node_modules/target/lib/inner.js: ..',
      'node_modules/target/lib/inner.js: ../',
      'node_modules/target/lib/inner.js: ../index',
      'node_modules/target/lib/inner.js: ../index.js',
      'node_modules/target/lib/inner.js: ../deep/inner.js',
      'node_modules/target/lib/plain.js: ../../target',
      'node_modules/target/deep/index.js: ./inner',
      'node_modules/target/deep/index.js: ../../target/lib/plain',
      'node_modules/other/index.js: ../target/lib/inner',
      'node_modules/@scope/target/index.js: ./inner',
    ].sort(),
  )
})
