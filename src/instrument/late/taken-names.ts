/** Reads from a source file which names it took out of a package at load: `const { a } = require('p')`, `import { a } from 'p'`. */
import { readFileSync } from 'node:fs'

/** Larger files are made by bundlers, where such a search says nothing. */
const MAX_BYTES = 1_000_000

/** The names of `wanted` that the file took; `default` stands for the package's own value. */
export function findTaken(file: string, module: string, wanted: readonly string[]): string[] {
  let source: string
  try {
    source = readFileSync(file, 'utf8')
  } catch {
    return []
  }
  return source.length > MAX_BYTES ? [] : takenIn(source, module).filter((name) => wanted.includes(name))
}

export function takenIn(source: string, module: string): string[] {
  const name = module.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const specifier = `['"]${name}(?:/[^'"]*)?['"]`
  const names: string[] = []
  const groups = [
    new RegExp(`\\{([^{}]*)\\}\\s*=\\s*require\\(\\s*${specifier}`, 'g'),
    new RegExp(`import\\s+(?:[\\w$]+\\s*,\\s*)?\\{([^{}]*)\\}\\s*from\\s*${specifier}`, 'g'),
  ]
  for (const group of groups)
    for (const [, inside = ''] of source.matchAll(group))
      for (const part of inside.split(',')) names.push(part.trim().split(/\s*(?::|\bas\b|=)\s*/, 1)[0]!)
  for (const [, member] of source.matchAll(new RegExp(`require\\(\\s*${specifier}\\s*\\)\\.([\\w$]+)`, 'g')))
    names.push(member!)
  const whole = [
    new RegExp(`(?:const|let|var)\\s+[\\w$]+\\s*=\\s*require\\(\\s*${specifier}\\s*\\)(?!\\s*\\.)`),
    new RegExp(`import\\s+[\\w$]+[\\s,][^'"]*from\\s*${specifier}`),
  ]
  if (whole.some((pattern) => pattern.test(source))) names.push('default')
  return names.filter((name) => name !== '')
}
