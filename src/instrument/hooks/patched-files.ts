/** Which files of targets the active instrumentations patch, besides the entries. */
import type { Definition } from '../definitions.ts'
import type { Registry } from '../registry.ts'
import { withoutEnding } from './identity.ts'
import { moduleNameOf } from './module-name.ts'

interface Named {
  readonly name: string
}

/** A file is given with slashes, inside of its package, and may go without its ending. */
export function createPatchedFiles({ active, definitions }: Registry): (moduleName: string, file: string) => boolean {
  let files = new Map<string, Set<string>>()
  let known = 0
  return (moduleName, file) => {
    if (active.size !== known) {
      files = byModule([...definitions().values()].flat())
      known = active.size
    }
    const own = files.get(moduleName)
    // what an instrumentation that consists of others patches, it tells nobody
    return own === undefined || own.has(withoutEnding(file))
  }
}

function byModule(definitions: readonly Definition[]): Map<string, Set<string>> {
  const files = new Map<string, Set<string>>()
  for (const { name } of definitions.flatMap((one) => [one, ...(one.files as readonly Named[])])) {
    const path = name.replaceAll('\\', '/')
    const moduleName = moduleNameOf(path) ?? path
    const own = files.get(moduleName) ?? new Set()
    files.set(moduleName, own.add(withoutEnding(path.slice(moduleName.length + 1))))
  }
  return files
}
