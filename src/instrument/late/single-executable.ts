/** In a single executable application nobody sees what `require` loads: built-ins are patched at once, and one line says what is not traced. */
import { log } from '../../log.ts'

export function patchSingleExecutable(): void {
  const sea = process.getBuiltinModule?.('node:sea') as { isSea(): boolean } | undefined
  if (!sea?.isSea()) return
  // seen by our hooks, and patched in the one object that everybody gets
  for (const name of ['http', 'https']) process.getBuiltinModule(name)
  log.warn(
    'this is a single executable application: http and fetch are traced, libraries inside of it are not. To trace them too, leave them out of it, in a node_modules folder, and load them with module.createRequire()',
  )
}
