/** Links that an editor opens. Pure. */
import type { StackFrame } from '../../api.ts'

/** `vscode://file/…` for an absolute path; undefined for any other, which means nothing to an editor. */
export function editorLink({ file, line, column }: Pick<StackFrame, 'file' | 'line' | 'column'>): string | undefined {
  const [, path] = /^(?:file:\/\/)?((?:\/(?!\/)|\/?[A-Za-z]:[\\/]).*)$/.exec(file ?? '') ?? []
  if (path === undefined) return undefined
  const parts = path.replaceAll('\\', '/').replace(/^\//, '').split('/')
  // the colon of a drive stays
  const encoded = parts.map((part) => (/^[A-Za-z]:$/.test(part) ? part : encodeURIComponent(decoded(part, file!))))
  const place = line === null ? '' : column === null ? `:${line}` : `:${line}:${column}`
  return `vscode://file/${encoded.join('/')}${place}`
}

/** Addresses are percent-encoded, paths are not. */
function decoded(part: string, file: string): string {
  if (!file.startsWith('file:')) return part
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
