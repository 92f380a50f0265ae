/** What the chunks of the bundle give to each other. */
import type { OutputAsset, OutputChunk, Plugin } from 'rolldown'

/**
 * What a chunk gives to others is values, not getters, which cost a call or a slow look each. A binding that is assigned anew keeps its getter. What is
 * given is there when the chunk has run, so that no two may load each other (`checkOrder`).
 */
export const giveValues: Plugin = {
  name: 'give-values',
  renderChunk(code) {
    return code.replace(
      /^Object\.defineProperty\(exports, (["'])([\w$]+)\1, \{\s*enumerable: true,\s*get: function ?\(\) \{\s*return ([\w$]+);\s*\}\s*\}\);$/gm,
      (getter, _, name: string, binding: string) =>
        new RegExp(`^(?:let|var) (?:[^;]*, )?${binding.replaceAll('$', '\\$')}\\b`, 'm').test(code)
          ? getter
          : `exports.${name} = ${binding};`,
    )
  },
}

/** @throws where chunks load each other before one of them has run */
export function checkOrder(output: ReadonlyArray<OutputAsset | OutputChunk>): void {
  const imports = new Map(output.flatMap((one) => (one.type === 'chunk' ? [[one.fileName, one.imports] as const] : [])))
  const done = new Set<string>()
  const visit = (fileName: string, above: readonly string[]): void => {
    if (above.includes(fileName)) throw new Error(`chunks load each other: ${[...above, fileName].join(' -> ')}`)
    if (done.has(fileName)) return
    for (const next of imports.get(fileName) ?? []) visit(next, [...above, fileName])
    done.add(fileName)
  }
  for (const fileName of imports.keys()) visit(fileName, [])
}
