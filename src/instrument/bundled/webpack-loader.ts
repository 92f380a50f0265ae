/** The loader that the plugin for webpack adds to files of traced libraries. */
import { withHandOver } from './hand-over.ts'

interface LoaderContext {
  readonly resourcePath: string
  callback(error: null, code: string, map?: unknown): void
}

export default function addHandOver(this: LoaderContext, code: string, map?: unknown): void {
  // what is added stands behind the code, so that a map of it stays right
  this.callback(null, withHandOver(code, this.resourcePath) ?? code, map)
}
