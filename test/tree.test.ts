/** One copy of each OpenTelemetry package: a second one makes telemetry vanish without a word. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '..')

test('the lockfile holds each @opentelemetry package once', () => {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>
  }
  const copies = Object.keys(packages).filter((name) => /node_modules\/@opentelemetry\/[^/]+$/.test(name))
  expect(copies.length).toBeGreaterThan(50)
  expect(copies.filter((name) => name.lastIndexOf('node_modules/') > 0)).toEqual([])
})

test('so does the installed tree', () => {
  expect(nestedCopies(path.join(ROOT, 'node_modules'))).toEqual([])
})

function nestedCopies(modules: string): string[] {
  return packagesIn(modules).flatMap((folder) => {
    const nested = path.join(folder, 'node_modules')
    if (!existsSync(nested)) return []
    const own = existsSync(path.join(nested, '@opentelemetry')) ? [path.relative(ROOT, nested)] : []
    return [...own, ...nestedCopies(nested)]
  })
}

function packagesIn(modules: string): string[] {
  return readdirSync(modules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => {
      const folder = path.join(modules, name)
      return name.startsWith('@') ? readdirSync(folder).map((inner) => path.join(folder, inner)) : [folder]
    })
}
