/** Serves the built UI from its folder, read into memory once; every path of the UI's own router gives index.html. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

export interface StaticFile {
  readonly bytes: Buffer
  readonly type: string
  readonly isPage: boolean
  /** In the address by which the page names it: a browser asks for it once, and keeps what it has compiled. */
  readonly version: string
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

const NO_UI: StaticFile = {
  bytes: Buffer.from(
    '<!doctype html><meta charset="utf-8"><title>uptrace-node viewer</title><p>The pages of the viewer are not built. The API answers under /api/v1/.</p>',
  ),
  type: TYPES['.html']!,
  isPage: true,
  version: '',
}

/** Gives the file for a path, or undefined when there is none: only files that exist at start are ever served. */
export function createStaticFiles(): (pathname: string) => StaticFile | undefined {
  let files: Map<string, StaticFile> | undefined
  return (pathname) => {
    files ??= readFiles()
    const file = files.get(pathname)
    if (file) return file
    const looksLikeFile = /\.[a-z0-9]{1,11}$/i.test(pathname)
    return looksLikeFile ? undefined : (files.get('/index.html') ?? NO_UI)
  }
}

function readFiles(): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  const folder = uiFolders().find((candidate) => list(candidate).includes('index.html'))
  if (folder === undefined) return files
  for (const name of list(folder)) {
    const type = TYPES[path.extname(name)]
    if (type === undefined) continue
    const bytes = readFileSync(path.join(folder, name))
    const version = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
    files.set(`/${name.replaceAll('\\', '/')}`, { bytes, type, isPage: name === 'index.html', version })
  }
  const page = files.get('/index.html')
  if (page) files.set('/index.html', { ...page, bytes: withVersions(page.bytes, files) })
  return files
}

function withVersions(page: Buffer, files: ReadonlyMap<string, StaticFile>): Buffer {
  const versioned = (attribute: string, pathname: string): string => {
    const version = files.get(pathname)?.version
    return version === undefined ? attribute : `${attribute.slice(0, -1)}?v=${version}"`
  }
  return Buffer.from(page.toString().replace(/(?:href|src)="([^"]+)"/g, versioned))
}

/** Where the UI is built in the source tree (its sources lie beside this folder), or beside the bundled program or its chunks folder. */
function uiFolders(): string[] {
  const here = import.meta.dirname
  return [path.join(here, '../ui/dist'), path.join(here, 'ui'), path.join(here, '../ui')]
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
  } catch {
    return []
  }
}
