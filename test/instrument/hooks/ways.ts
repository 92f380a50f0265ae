/** Unusual ways to a package: who maps its name, where it lies, who asks for it. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

const MODULES = path.join(import.meta.dirname, '../../../node_modules')

export interface Way {
  /** A specifier for `require` and `import`, or what a program of the kind loads the package with. */
  readonly both?: string
  readonly cjs?: string
  readonly mjs?: string
  /** Files below the folder of the program; what is no text becomes JSON. */
  readonly files?: Readonly<Record<string, string | object>>
  /** Where copies of the package are, and links to them. */
  readonly copies?: readonly string[]
  readonly links?: Readonly<Record<string, string>>
  /** The program is in this folder. */
  readonly home?: string
  readonly flags?: readonly string[]
  /** Loaded in front of the program, after us. */
  readonly before?: string
}

const imports = (to: unknown): Way['files'] => ({ 'package.json': { name: 'app', imports: { '#db': to } } })
const wrapper = (index: string, more: object = {}): Way['files'] => ({
  'node_modules/wrapper/package.json': { name: 'wrapper', version: '1.0.0', main: 'index.js', ...more },
  'node_modules/wrapper/index.js': index,
})
const esWrapper = (index: string, more: object = {}): Way['files'] => wrapper(index, { type: 'module', ...more })

const MAPPED: Readonly<Record<string, Way>> = {
  'a condition in "imports"': { files: imports({ node: 'express', default: './none.js' }), both: '#db' },
  'conditions of each kind': { files: imports({ import: 'express', require: 'express' }), both: '#db' },
  'a condition of a flag': {
    files: imports({ special: 'express', default: './none.js' }),
    flags: ['--conditions=special'],
    both: '#db',
  },
  'a pattern in "imports" into an alias': {
    files: { 'package.json': { name: 'app', imports: { '#v/*.js': 'db/*.js' } } },
    copies: ['node_modules/db'],
    both: '#v/index.js',
  },
  'a name of the program itself': {
    files: {
      'package.json': { name: 'app', exports: { './db': './db.cjs' } },
      'db.cjs': `module.exports = require('express')`,
    },
    both: 'app/db',
  },
  'hooks that the program registers': {
    cjs: `(require('module').registerHooks({ resolve: (s, c, next) => next(s === '@db' ? 'express' : s, c) }), require('@db'))`,
    mjs: `((await import('node:module')).registerHooks({ resolve: (s, c, next) => next(s === '@db' ? 'express' : s, c) }), await import('@db'))`,
  },
  'a loader thread': {
    before: `import { register } from 'node:module'; register('data:text/javascript,' + encodeURIComponent('export const resolve = (s, c, next) => next(s === "@db" ? "express" : s, c)'))`,
    mjs: `await import('@db')`,
  },
  'a patched Module._load': {
    cjs: `(() => { const M = require('module'); const load = M._load; M._load = function (id, ...rest) { return load.call(this, id === '@db' ? 'express' : id, ...rest) }; return require('@db') })()`,
  },
  'a patched require': {
    cjs: `(() => { const { prototype } = require('module'); const { require: load } = prototype; prototype.require = function (id) { return load.call(this, id === '@db' ? 'express' : id) }; return require('@db') })()`,
  },
  'a compiler in Module._extensions': {
    cjs: `(() => { require('module')._extensions['.own'] = (module, file) => module._compile("module.exports = require('express')", file); return require('./db.own') })()`,
    files: { 'db.own': '' },
  },
}

const PLACES: Readonly<Record<string, Way>> = {
  'the layout of pnpm': {
    copies: ['node_modules/.pnpm/express@5/node_modules/express'],
    links: { 'node_modules/express': 'node_modules/.pnpm/express@5/node_modules/express' },
    both: 'express',
  },
  'an alias in the layout of pnpm': {
    copies: ['node_modules/.pnpm/express@5/node_modules/express'],
    links: { 'node_modules/db': 'node_modules/.pnpm/express@5/node_modules/express' },
    both: 'db',
  },
  'a file: dependency': {
    copies: ['packages/fork'],
    links: { 'node_modules/express': 'packages/fork' },
    both: 'express',
  },
  'a link that is kept': {
    copies: ['packages/fork'],
    links: { 'node_modules/db': 'packages/fork' },
    flags: ['--preserve-symlinks'],
    both: 'db',
  },
  'a link to its file': {
    copies: ['node_modules/express'],
    links: { 'db.js': 'node_modules/express/index.js' },
    both: './db.js',
  },
  'a folder with a blank, #, % and é': { home: 'a b#c%20d é', copies: ['a b#c%20d é/node_modules/db'], both: 'db' },
  'a query behind its file': {
    mjs: `await import('./node_modules/express/index.js?v=1#x')`,
    copies: ['node_modules/express'],
  },
  'letters of its URL encoded': {
    mjs: `await import(import.meta.resolve('express').replace('node_modules', 'node%5Fmodules'))`,
    copies: ['node_modules/express'],
  },
  'a manifest with a BOM': {
    copies: ['node_modules/db'],
    files: {
      'node_modules/db/package.json': `\ufeff${readFileSync(path.join(MODULES, 'express/package.json'), 'utf8')}`,
    },
    both: 'db',
  },
  'its inner file': { both: 'express/lib/express.js' },
  'a path to its inner file': { copies: ['node_modules/express'], both: './node_modules/express/lib/express.js' },
  'an alias and the package itself': {
    copies: ['node_modules/db'],
    cjs: `(require('express'), require('db'))`,
    mjs: `(await import('express'), await import('db'))`,
  },
}

const ASKING: Readonly<Record<string, Way>> = {
  'createRequire of another folder': {
    copies: ['other/node_modules/db'],
    cjs: `require('module').createRequire(__dirname + '/other/x.js')('db')`,
    mjs: `(await import('node:module')).createRequire(new URL('other/x.js', import.meta.url))('db')`,
  },
  'a require that a built-in gives': {
    cjs: `process.getBuiltinModule('module').createRequire(__filename)('express')`,
    mjs: `process.getBuiltinModule('module').createRequire(import.meta.url)('express')`,
  },
  'a URL that import.meta resolves': { files: imports('express'), mjs: `await import(import.meta.resolve('#db'))` },
  'a module in a data: URL': {
    mjs: `await import('data:text/javascript,' + encodeURIComponent('export { default } from "' + import.meta.resolve('express') + '"'))`,
  },
  'a script in another context': { cjs: `require('vm').runInNewContext("require('express')", { require })` },
  eval: {
    files: imports('express'),
    cjs: `new Function('require', "return require('#db')")(require)`,
    mjs: `await eval("import('#db')")`,
  },
  'three imports at once': {
    files: imports('express'),
    mjs: `(await Promise.all([import('#db'), import('express'), import(import.meta.resolve('express'))]))[0]`,
  },
  'a package with "imports"': {
    files: wrapper(`module.exports = require('#db')`, { imports: { '#db': 'express' } }),
    both: 'wrapper',
  },
  'an ES package with "imports"': {
    files: esWrapper(`export { default } from '#db'`, { imports: { '#db': 'express' } }),
    both: 'wrapper',
  },
  'a package by a path': {
    files: wrapper(`module.exports = require('../express/index.js')`),
    copies: ['node_modules/express'],
    both: 'wrapper',
  },
  'a package by a path that goes round': {
    files: wrapper(`module.exports = require('./../none/../express/lib/../index.js')`),
    copies: ['node_modules/express'],
    both: 'wrapper',
  },
  'a package with an alias that tells': {
    files: wrapper(`module.exports = require('express5')`),
    copies: ['node_modules/express5'],
    both: 'wrapper',
  },
  'an ES package with an alias that tells': {
    files: esWrapper(`export { default } from '@own/express'`),
    copies: ['node_modules/@own/express'],
    both: 'wrapper',
  },
  'a test runner, by the URL of an alias': {
    files: esWrapper(`export const load = (url) => import(url)`),
    copies: ['node_modules/db'],
    mjs: `await (await import('wrapper')).load(new URL('node_modules/db/index.js', import.meta.url).href)`,
  },
  'a program that is installed': { home: 'node_modules/app', copies: ['node_modules/app/node_modules/db'], both: 'db' },
}

/** Of express, which needs no server. */
/** Between CommonJS and ES modules, where one begins within the other. */
const loads = { 'loads.cjs': `module.exports = import('express')`, 'loads.mjs': `export { default } from 'express'` }
const MIXED: Readonly<Record<string, Way>> = {
  'an import while a file is required': { files: loads, mjs: `await require('./loads.cjs')` },
  'an import while a patched Module._load looks for a file': {
    files: { 'own.cjs': '' },
    mjs: `await (async () => { const M = require('module'), load = M._load; let found; M._load = function (id, ...rest) { if (id === './own.cjs') found = import('express'); return load.call(this, id, ...rest) }; require('./own.cjs'); return found })()`,
  },
  'an import while a hook of the program looks for a file': {
    files: { 'own.cjs': '' },
    mjs: `await (async () => { let found; require('module').registerHooks({ resolve: (s, c, next) => { if (s === './own.cjs') found = import('express'); return next(s, c) } }); require('./own.cjs'); return found })()`,
  },
  'an import in a file that a Module.prototype.load of the program reads': {
    files: loads,
    mjs: `await (async () => { const M = require('module'); M.prototype.load = function (file) { this.filename = file; this.paths = M._nodeModulePaths(file); (M._extensions[require('path').extname(file)] ?? M._extensions['.js'])(this, file); this.loaded = true }; return require('./loads.cjs') })()`,
  },
  'an import with the conditions of a require': { flags: ['--conditions=require'], mjs: `await import('express')` },
  'an import after a file within a file': {
    files: { 'outer.cjs': `require('./inner.cjs'); module.exports = import('express')`, 'inner.cjs': '' },
    mjs: `await require('./outer.cjs')`,
  },
  'an import of a file within a file': {
    files: { ...loads, 'outer.cjs': `module.exports = require('./loads.cjs'); require('node:os')` },
    mjs: `await require('./outer.cjs')`,
  },
  'an ES module that is required': {
    files: loads,
    cjs: `require('./loads.mjs')`,
    mjs: `require('./loads.mjs')`,
  },
  'an ES module that is required by an ES module': {
    files: {
      ...loads,
      'outer.mjs': `import found from './inner.cjs'; export default found.default`,
      'inner.cjs': `module.exports = require('./loads.mjs')`,
    },
    both: './outer.mjs',
  },
  'an import after a require that failed': {
    mjs: `await (() => { try { require('./none.js') } catch {} return import('express') })()`,
  },
  'an import after a file that failed': {
    files: { 'bad.cjs': 'throw new Error()' },
    mjs: `await (() => { try { require('./bad.cjs') } catch {} return import('express') })()`,
  },
  'an import after JSON': {
    files: { 'data.json': {} },
    mjs: `await (require('./data.json'), import('express'))`,
  },
  'an import where a file of another ending is loaded': {
    files: { 'some.own': '' },
    mjs: `await ((require('module')._extensions['.own'] = (module) => { module.exports = import('express') }), require('./some.own'))`,
  },
  'hooks that load while they resolve': {
    files: { ...loads, 'other.cjs': '' },
    cjs: `(require('module').registerHooks({ resolve: (s, c, next) => (s === '@db' && require('./other.cjs'), next(s === '@db' ? 'express' : s, c)) }), require('@db'))`,
    mjs: `((await import('node:module')).registerHooks({ resolve: (s, c, next) => (s === '@db' && require('./other.cjs'), next(s === '@db' ? 'express' : s, c)) }), await import('@db'))`,
  },
  'hooks of the program that import': {
    files: loads,
    mjs: `await (require('module').registerHooks({ resolve: (s, c, next) => { if (s === './loads.cjs') globalThis.found = import('express'); return next(s, c) } }), require('./loads.cjs'), globalThis.found)`,
  },
}

export const WAYS: Readonly<Record<string, Way>> = { ...MAPPED, ...PLACES, ...ASKING, ...MIXED }
