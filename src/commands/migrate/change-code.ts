/** Finds the lines of a file that speak of another SDK, and what to write instead. */
import path from 'node:path'
import { type ObjectLiteral, readObjectLiteral } from './object-literal.ts'
import { formatEntry, mapOptions } from './option-mapping.ts'
import type { SourceFile } from './project.ts'
import type { Road } from './road.ts'

/** One place in a file. */
export interface CodeChange {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly before: string
  /** Code that takes its place, where it can be told; otherwise `notes` say what to do. */
  readonly after?: string
  readonly notes: readonly string[]
}

const ALREADY_OURS = /['"]uptrace-node(?:\/\w+)?['"]/

/** Everything to change in the code of a project. A file that imports this package has been changed already. */
export function findCodeChanges(code: readonly SourceFile[], roads: readonly Road[]): CodeChange[] {
  const open = code.filter(({ text }) => !ALREADY_OURS.test(text))
  return roads.flatMap((road) => {
    const ofRoad = open.filter((file) => mentions(file, road))
    const users = open.filter((file) => !ofRoad.includes(file) && ofRoad.some((setUp) => imports(file, setUp)))
    return [
      ...ofRoad.flatMap((file) =>
        [...setUps(file, road), ...removedImports(file, road), ...calls(file, road)].sort((a, b) => a.line - b.line),
      ),
      // what a set-up file exports is used elsewhere
      ...users.flatMap((file) => calls(file, road)),
    ]
  })
}

/** Whether one file of a project imports another one. */
function imports(file: SourceFile, other: SourceFile): boolean {
  const bare = (name: string): string => name.replace(/\.[cm]?[jt]sx?$/, '')
  return [...file.text.matchAll(/(['"])(\.{1,2}\/[^'"]+)\1/g)].some(
    ([, , name]) => bare(path.posix.join(path.posix.dirname(file.name), name!)) === bare(other.name),
  )
}

/** Whether the file imports a package that goes. */
function importsRemoved(file: SourceFile, road: Road): boolean {
  return packagesIn(file.text).some((name) => road.removes.test(name))
}

function mentions(file: SourceFile, road: Road): boolean {
  road.setUp.lastIndex = 0
  return importsRemoved(file, road) || road.setUp.test(file.text)
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*|\brequire\(\s*|\bimport\(\s*)(['"])((?:@[\w.-]+\/)?[\w.-]+)[^'"]*\1/g

/** The packages that a text imports. */
export function packagesIn(text: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, , name]) => name!)
}

function setUps({ name, text }: SourceFile, road: Road): CodeChange[] {
  return [...text.matchAll(road.setUp)].map((match) => {
    const open = text.indexOf('(', match.index + match[0].length)
    const at = open + 1 + (/^\s*/.exec(text.slice(open + 1))?.[0].length ?? 0)
    const literal = text[at] === '{' ? readObjectLiteral(text, at) : namedLiteral(text, at)
    const isUnknown = literal === undefined && text[at] !== ')'
    const { entries, notes } = mapOptions(literal?.entries ?? [], road.options, road.keepsOthers)
    const lines = entries.map((entry) => `  ${formatEntry(entry)},`)
    return {
      file: name,
      line: lineOf(text, match.index),
      before: `${match[0]}(${text[at] === '{' && literal ? text.slice(at, literal.end) : text[at] === ')' ? '' : ' … '})`,
      after: lines.length > 0 ? `configureOpentelemetry({\n${lines.join('\n')}\n})` : 'configureOpentelemetry()',
      notes: isUnknown ? ['its options are not written here: see docs/migration.md for their names', ...notes] : notes,
    }
  })
}

/** The object that a variable of the same file holds, where the argument is that variable. */
function namedLiteral(text: string, at: number): ObjectLiteral | undefined {
  const name = /^([A-Za-z_$][\w$]*)\s*[,)]/.exec(text.slice(at))?.[1]
  if (name === undefined) return undefined
  const declared = new RegExp(`\\b(?:const|let|var)\\s+${name.replaceAll('$', '\\$')}\\b[^=;]*=\\s*(?=\\{)`).exec(text)
  return declared ? readObjectLiteral(text, declared.index + declared[0].length) : undefined
}

function removedImports({ name, text }: SourceFile, road: Road): CodeChange[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    if (!packagesIn(line).some((found) => road.removes.test(found)) || hasSetUp(line, road)) return []
    const grpc = line.includes('-otlp-grpc') ? ", and give the option protocol: 'grpc'" : ''
    return [{ file: name, line: index + 1, before: line.trim(), notes: [`remove it${grpc}${whereFrom(text, line)}`] }]
  })
}

/** Said once, at the first import of the file. */
function whereFrom(text: string, line: string): string {
  const isModule = /^\s*import\b/m.test(text)
  const first = text.split('\n').find((other) => packagesIn(other).length > 0)
  if (first !== line) return ''
  const names = 'configureOpentelemetry, reportError, withSpan, …'
  return isModule
    ? `; what is needed comes by import { ${names} } from 'uptrace-node'`
    : `; what is needed comes by const { ${names} } = require('uptrace-node')`
}

function hasSetUp(line: string, road: Road): boolean {
  road.setUp.lastIndex = 0
  return road.setUp.test(line)
}

function calls({ name, text }: SourceFile, road: Road): CodeChange[] {
  return text.split('\n').flatMap((line, index) => {
    const found = road.calls.find(([pattern]) => pattern.test(line))
    return found ? [{ file: name, line: index + 1, before: line.trim(), notes: [found[1]] }] : []
  })
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length
