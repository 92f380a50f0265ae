/** Packages that are parts of a framework which says its routes itself: that it loads them is nothing to look at. */
import { moduleNameOf } from './module-name.ts'

const OWNERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['find-my-way', ['fastify', 'restify', '@fastify/middie']],
])

export function isPartOf(moduleName: string, filename: string | undefined): boolean {
  const owners = OWNERS.get(moduleName)
  return owners?.includes(moduleNameOf(filename ?? '') ?? '') ?? false
}
