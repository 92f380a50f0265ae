/** One copy of each OpenTelemetry package: a second one makes telemetry vanish without a word. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

/** Packages for SDK 2.x that a test runs on our tracer; nothing else loads them. */
const FOR_SDK_2 = ['@opentelemetry/sampler-aws-xray', '@opentelemetry/sdk-trace-base', 'sdk-trace-base-2']
const isForSdk2 = (location: string): boolean =>
  FOR_SDK_2.some((name) => location.startsWith(`node_modules/${name}/node_modules`))

const ROOT = path.join(import.meta.dirname, '..')

test('the lockfile holds each @opentelemetry package once', () => {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>
  }
  const copies = Object.keys(packages).filter((name) => /node_modules\/@opentelemetry\/[^/]+$/.test(name))
  expect(copies.length).toBeGreaterThan(50)
  expect(copies.filter((name) => name.lastIndexOf('node_modules/') > 0 && !isForSdk2(name))).toEqual([])
})

test('so does the installed tree', () => {
  expect(nestedCopies(path.join(ROOT, 'node_modules')).filter((folder) => !isForSdk2(folder))).toEqual([])
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
