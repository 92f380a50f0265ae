/** Packages that are parts of a framework which says its routes itself: that it loads them is nothing to look at. */
import { moduleNameOf } from './module-name.ts'

const OWNERS: Readonly<Record<string, readonly string[] | undefined>> = {
  'find-my-way': ['fastify', 'restify', '@fastify/middie'],
}

export function isPartOf(moduleName: string, filename: string | undefined): boolean {
  const owners = OWNERS[moduleName]
  return owners?.includes(moduleNameOf(filename ?? '') ?? '') ?? false
}
