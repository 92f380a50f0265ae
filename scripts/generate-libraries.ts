/** Writes the tables of libraries in docs/instrumentation.md: texts from src/diagnostics/libraries.ts, versions from what patches them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { LIBRARIES, UNTRACED } from '../src/diagnostics/libraries.ts'
import { CLASSES } from '../src/instrument/catalogue.generated.ts'
import { widenVersions } from '../src/instrument/mend/versions.ts'
import { chooseOwn } from '../src/instrument/own.ts'
import { TARGETS } from '../src/instrument/targets.ts'

type Constructor = new (config: object) => WithDefinitions
type WithDefinitions = Instrumentation & { getModuleDefinitions?(): InstrumentationModuleDefinition[] }

const FILE = path.join(import.meta.dirname, '../docs/instrumentation.md')
const [BEGIN, END] = ['<!-- libraries -->', '<!-- /libraries -->']
/** What tells of its requests itself. */
const UNPATCHED: Readonly<Record<string, readonly string[]>> = { undici: ['>=5.12.0'] }
const require = createRequire(import.meta.url)

/** The document with its tables as they should be. */
export function renderInstrumentation(document = readFileSync(FILE, 'utf8')): string {
  const [head, rest = ''] = document.split(BEGIN)
  const tail = rest.split(END)[1]
  if (tail === undefined) throw new Error(`no ${BEGIN} … ${END} in ${FILE}`)
  return `${head}${BEGIN}\n\n${renderTraced()}\n\n${renderUntraced()}\n\n${END}${tail}`
}

function renderTraced(): string {
  const versions = findVersions()
  const rows = Object.entries(LIBRARIES).map(([name, { instrumentation, traced, not }]) => {
    const found = name.startsWith('node:') ? ['of Node'] : (versions.get(name) ?? UNPATCHED[name] ?? [])
    if (found.length === 0) throw new Error(`nothing patches ${name}`)
    return `| ${name} | ${found.join(', ')} | \`${instrumentation}\` | ${traced} | ${not ?? ''} |`
  })
  return ['| library | versions | switch | traced | not traced |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}

function renderUntraced(): string {
  const rows = Object.entries(UNTRACED).map(([name, detail]) => `| ${name} | ${detail} |`)
  return [
    '`uptrace-node doctor -- node app.js` names those of the following that the program loads:',
    '',
    '| no instrumentation here | |',
    '| --- | --- |',
    ...rows,
  ].join('\n')
}

/** Module -> ranges, of all the instrumentations that patch it. */
function findVersions(): Map<string, string[]> {
  const found = new Map<string, Set<string>>()
  for (const [instrumentation, definitions] of findDefinitions())
    for (const definition of definitions) {
      widenVersions(instrumentation, definition as never)
      const ranges = found.get(definition.name) ?? new Set()
      found.set(definition.name, ranges)
      for (const range of definition.supportedVersions) ranges.add(range.replaceAll('|', '\\|'))
    }
  return new Map([...found].map(([name, ranges]) => [name, [...ranges]]))
}

function findDefinitions(): Array<readonly [string, readonly InstrumentationModuleDefinition[]]> {
  const own = chooseOwn({})
  const names = [...new Set(Object.values(TARGETS).flat())]
  return names.map((name) => {
    const create = own[name]
    const instrumentation = create ? (create({ enabled: false }) as WithDefinitions) : construct(name)
    return [name, instrumentation.getModuleDefinitions?.() ?? []] as const
  })
}

function construct(name: string): WithDefinitions {
  const exported = require(`@opentelemetry/instrumentation-${name}`) as Record<string, Constructor>
  return new exported[CLASSES[name]!]!({ enabled: false })
}

if (import.meta.main) {
  writeFileSync(FILE, renderInstrumentation())
  process.exit(0)
}
