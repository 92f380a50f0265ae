/** Writes src/instrument/catalogue.generated.ts and bundled/files.generated.ts: what instrumentations patch, from their own public definitions. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'

type Constructor = new (config: {
  enabled: boolean
}) => Instrumentation & { getModuleDefinitions?(): InstrumentationModuleDefinition[] }

const root = path.join(import.meta.dirname, '..')
const require = createRequire(import.meta.url)
const scope = path.join(root, 'node_modules/@opentelemetry')
const catalogue = Object.keys(
  JSON.parse(readFileSync(path.join(scope, 'auto-instrumentations-node/package.json'), 'utf8')).dependencies,
)
  .filter((name) => name.startsWith('@opentelemetry/instrumentation-'))
  .map((name) => name.slice('@opentelemetry/instrumentation-'.length))
  .sort()
const missing = catalogue.filter((name) => !readdirSync(scope).includes(`instrumentation-${name}`))
if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}`)

const targets: Record<string, string[]> = {}
const classes: Record<string, string> = {}
const files: Record<string, string[]> = {}
for (const name of catalogue) {
  const exported = require(`@opentelemetry/instrumentation-${name}`) as Record<string, unknown>
  const found = Object.entries(exported).find(
    ([key, value]) => typeof value === 'function' && key.endsWith('Instrumentation'),
  )
  if (!found) throw new Error(`no instrumentation class in ${name}`)
  classes[name] = found[0]
  const instance = new (found[1] as Constructor)({ enabled: false })
  for (const { name: target, files: inner } of instance.getModuleDefinitions?.() ?? []) {
    for (const file of inner) {
      const inside = file.name.replaceAll('\\', '/').slice(target.length + 1)
      files[target] = [...new Set([...(files[target] ?? []), inside])].sort()
    }
    targets[target] ??= []
    if (!targets[target].includes(name)) targets[target].push(name)
  }
}

const table = (entries: Record<string, unknown>): string =>
  Object.entries(entries)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`)
    .join('\n')
writeFileSync(
  path.join(root, 'src/instrument/catalogue.generated.ts'),
  `/** Written by scripts/generate-catalogue.ts from auto-instrumentations-node: do not edit. */

/** Module -> the instrumentations that patch it. */
export const TARGETS: Readonly<Record<string, readonly string[]>> = {
${table(targets)}
}

/** Instrumentation -> the class its package exports. */
export const CLASSES: Readonly<Record<string, string>> = {
${table(classes)}
}
`,
)
writeFileSync(
  path.join(root, 'src/instrument/bundled/files.generated.ts'),
  `/** Written by scripts/generate-catalogue.ts from auto-instrumentations-node: do not edit. */

/** Module -> the files of it, besides its entry, that are patched. */
export const FILES: Readonly<Record<string, readonly string[]>> = {
${table(files)}
}
`,
)
process.exit(0)
