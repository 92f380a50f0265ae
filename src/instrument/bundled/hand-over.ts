/** What is added to a module of a library as it is bundled, so that it hands over its exports when the program runs. */
import { type Identity, identify } from '../hooks/identity.ts'
import { TARGETS } from '../targets.ts'
import { FILES } from './files.generated.ts'
import { BUNDLED } from './registry.ts'

interface DefiningFile {
  readonly file: RegExp
  readonly defines?: RegExp
  /** A variable that is not exported, and is handed over as well. */
  readonly local?: string
  /** All that is handed over, and patched in place. */
  readonly only?: string
}

/**
 * Of packages that are bundled as ES modules, the file which defines what is patched: it stands for the entry, which bundlers pass by where all
 * it does is to export from others. Where names of files say nothing, what such a file defines.
 */
const DEFINED_IN: Readonly<Record<string, DefiningFile>> = {
  hono: { file: /^dist\/(cjs\/)?hono\.js$/ },
  h3: { file: /^dist\/[^/]+\.[cm]js$/, defines: /\bclass H3(Core)?\b|\bH3(Core)? = class\b|^function createRouter\(/m },
  astro: { file: /^dist\/core\/app\/(base|index)\.js$/ },
  '@builder.io/qwik-city': { file: /^lib\/middleware\/request-handler\/index\.[cm]js$/ },
  '@angular/router': { file: /^fesm2022\/[^/]+\.mjs$/, defines: /^class Router \{/m, only: 'Router' },
  '@solidjs/router': { file: /^dist\/routing\.js$/ },
  '@solidjs/start': { file: /^dist\/(router|server)\/routes\.js$/, local: 'router' },
  '@tanstack/router-core': { file: /^dist\/(esm|cjs)\/router\.c?js$/ },
  vike: { file: /^dist\/(shared-server-client|(esm|cjs)\/shared)\/route\/index\.js$/ },
  '@trpc/server': { file: /^dist\/(index\.cjs|initTRPC-[^/]*\.mjs)$/ },
}

const isTarget = (name: string): boolean => Object.hasOwn(TARGETS, name)
const fileOf = (id: string): string => id.replace(/[?#].*$/, '')

/** The package itself, which finds its files only outside of a bundle. */
export const isOurs = (specifier: string): boolean => /^uptrace-node(\/|$)/.test(specifier)

/** Whether something is to be added to this file. */
export const isPatched = (id: string): boolean => findPatched(id) !== undefined

/** The code of the file with what is added; undefined for one that stays as it is. */
export function withHandOver(code: string, id: string): string | undefined {
  const identity = findPatched(id)
  if (identity === undefined || DEFINED_IN[identity.name]?.defines?.test(code) === false) return undefined
  if (!isEsModule(code, fileOf(id)))
    return `${code}\n;{ ${push(identity, 'module.exports')} module.exports = handed.exports }\n`
  return Object.hasOwn(DEFINED_IN, identity.name) ? `${code}\n;{ ${pushLocals(identity, code)} }\n` : undefined
}

function findPatched(id: string): Identity | undefined {
  if (id.startsWith('\0') || !/\.[cm]?js$/.test(fileOf(id))) return undefined
  const identity = identify(fileOf(id), isTarget)
  if (identity === undefined) return undefined
  if (Object.hasOwn(DEFINED_IN, identity.name))
    return DEFINED_IN[identity.name]!.file.test(identity.file) ? { ...identity, isMain: true } : undefined
  return identity.isMain || FILES[identity.name]?.includes(identity.file) ? identity : undefined
}

function push({ name, version, file, isMain }: Identity, exports: string): string {
  const known = JSON.stringify({ name, version, file, isMain }).slice(1, -1)
  return `const handed = {${known},exports:${exports}}; (globalThis[Symbol.for("${BUNDLED}")] ??= []).push(handed);`
}

/** Exports of an ES module are its variables: those which are no constants get what became of them. */
function pushLocals(identity: Identity, code: string): string {
  const { local, only } = DEFINED_IN[identity.name]!
  // the tools of Angular take calls of its libraries for pure, but for those within functions
  if (only !== undefined) return `({ set module(given) { ${push(identity, `{${only}: given}`)} } }).module = ${only};`
  const locals = localsOf(code)
  if (local !== undefined && isDeclared(code, local)) locals.push(local)
  const assignments = locals
    .filter((local) => isAssignable(code, local))
    .map((local) => ` ${local} = handed.exports.${local};`)
  return push(identity, `{${locals.join()}}`) + assignments.join('')
}

/** The variables of this file that it exports, whatever it calls them outside. */
function localsOf(code: string): string[] {
  const lists = [...code.matchAll(/^export\s*\{([^}]*)\}\s*;?\s*$/gm)].map(([, list = '']) => list)
  const names = lists.flatMap((list) => list.split(',').map((part) => part.trim().split(/\s+as\s+/)[0]!))
  const declared = [...code.matchAll(DECLARED)].map(([, name = '']) => name)
  return [...new Set([...names, ...declared].filter((name) => name !== ''))]
}

const DECLARED = /^export (?:const|let|var|class|(?:async )?function\*?) ([\w$]+)/gm

const isAssignable = (code: string, local: string): boolean =>
  isDeclaredAs('var|let|class|function|async function', code, local)
const isDeclared = (code: string, local: string): boolean => isDeclaredAs('const|var|let', code, local)

const isDeclaredAs = (kinds: string, code: string, local: string): boolean =>
  new RegExp(`^(?:export )?(?:${kinds})\\s+${local.replaceAll('$', '\\$')}\\b`, 'm').test(code)

/** Statements may stand one behind the other, in code that was minified. */
const STATEMENTS = /^(?:import|export)\b(?!\s*\()|[;}]\s*(?:import\s*[{*"']|export\s*[{*]|export default\b)/m

const isEsModule = (code: string, file: string): boolean =>
  file.endsWith('.mjs') || (!file.endsWith('.cjs') && STATEMENTS.test(code))
