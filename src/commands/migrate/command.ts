/** `uptrace-node migrate`: what to change in a project that comes from another SDK. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { redactSecrets } from '../../redact.ts'
import { type CodeChange, findCodeChanges, packagesIn } from './change-code.ts'
import { changePackage, formatLike } from './change-package.ts'
import { type PackageJson, type Project, readProject, type SourceFile } from './project.ts'
import type { Road } from './road.ts'
import { ROADS } from './roads.ts'
import { replacePreload } from './scripts.ts'

const HELP = `Usage: uptrace-node migrate [folder] [--write]

Shows what to change in a project that comes from @uptrace/node, the NodeSDK or auto-instrumentations-node of OpenTelemetry,
EDOT, Splunk, Sentry's tracing, dd-trace, Elastic APM or New Relic. Code is never written.

Options:
  --write      write package.json: dependencies and scripts
  -h, --help
`

/** `[folder] [--write]`. Exit code 1 when the project cannot be read, 2 for wrong arguments. */
export async function runMigrate(args: readonly string[]): Promise<number> {
  const parsed = parse(args)
  if (parsed === undefined) {
    process.stderr.write(`uptrace-node migrate: wrong arguments\n\n${HELP}`)
    return 2
  }
  if (parsed.help) return print(HELP)
  const file = path.join(parsed.folder, 'package.json')
  let project: Project
  try {
    project = readProject(parsed.folder)
  } catch (error) {
    process.stderr.write(`uptrace-node migrate: ${file} cannot be read: ${(error as Error).message}\n`)
    return 1
  }
  const roads = roadsOf(project.package)
  if (roads.length === 0) {
    const members = membersOf(project, parsed.folder)
    if (members.length > 0) return print(`Nothing to change here, but in packages of this one:\n${members.join('')}`)
    return print(`Nothing to change: package.json has none of ${ROADS.flatMap(({ knownBy }) => knownBy).join(', ')}\n`)
  }
  const after = changePackage(project.package, roads, (name) => isUsedElsewhere(project, roads, name))
  if (parsed.write) writeFileSync(file, formatLike(project.packageText, after))
  return print(redactSecrets(report(project, roads, after, parsed)))
}

const roadsOf = (json: PackageJson): Road[] =>
  ROADS.filter(({ knownBy }) => knownBy.some((name) => name in allDependencies(json)))

/** A command for each package below this one that is on a road: a workspace has its dependencies there. */
function membersOf({ members }: Project, folder: string): string[] {
  return members.flatMap(({ name, json }) => {
    const names = roadsOf(json).map((road) => road.name)
    return names.length > 0 ? [`  uptrace-node migrate ${path.join(folder, name)}  (${names.join(', ')})\n`] : []
  })
}

function parse(args: readonly string[]): { folder: string; write: boolean; help: boolean } | undefined {
  try {
    const options = { write: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    if (positionals.length > 1) return undefined
    return { folder: positionals[0] ?? '.', write: values.write === true, help: values.help === true }
  } catch {
    return undefined
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

const allDependencies = ({ dependencies, devDependencies }: PackageJson): Record<string, string> => ({
  ...dependencies,
  ...devDependencies,
})

/** A package that goes with the set-up file stays where other code imports it, such as constants of the semantic conventions. */
function isUsedElsewhere({ code }: Project, roads: readonly Road[], name: string): boolean {
  const isSetUp = (file: SourceFile): boolean =>
    roads.some(({ knownBy }) => packagesIn(file.text).some((found) => knownBy.includes(found)))
  const isRoadItself = roads.some(({ knownBy }) => knownBy.includes(name))
  return !isRoadItself && code.some((file) => !isSetUp(file) && packagesIn(file.text).includes(name))
}

function report(
  project: Project,
  roads: readonly Road[],
  after: PackageJson,
  { write: isWritten, folder }: { write: boolean; folder: string },
): string {
  const members = membersOf(project, folder)
  const changes = findCodeChanges(project.code, roads)
  const hasSetUp = changes.some(({ after: code }) => code !== undefined)
  const parts = [
    `From ${roads.map(({ name }) => name).join(', ')}\n`,
    `package.json${isWritten ? ' (written)' : ''}`,
    ...packageLines(project.package, after),
    ...variableNotes(Object.values(after.scripts ?? {}).join('\n'), roads),
    ...changes.map(formatChange),
    ...project.starters.flatMap((file) => starterLines(file, roads)),
    '',
    'Then:',
    '  npm install',
    ...(hasSetUp
      ? ['  keep the set-up file first: node --import ./<set-up file> app.js, or import it before everything else']
      : []),
    '  npx uptrace-node doctor -- node app.js',
    ...(isWritten ? [] : ['', 'Nothing was written; --write changes package.json.']),
    ...(members.length > 0
      ? ['', 'Packages of this one have a package.json of their own:', members.join('').trimEnd()]
      : []),
  ]
  return `${parts.join('\n')}\n`
}

function packageLines(before: PackageJson, after: PackageJson): string[] {
  return (['dependencies', 'devDependencies', 'scripts'] as const).flatMap((part) => {
    const [from, to] = [before[part] ?? {}, after[part] ?? {}]
    return [...new Set([...Object.keys(from), ...Object.keys(to)])]
      .filter((name) => from[name] !== to[name])
      .flatMap((name) => [
        ...(name in from ? [`  - "${name}": ${JSON.stringify(from[name])}`] : []),
        ...(name in to ? [`  + "${name}": ${JSON.stringify(to[name])}`] : []),
      ])
  })
}

function formatChange({ file, line, before, after, notes }: CodeChange): string {
  const mark = (text: string, sign: string): string[] => text.split('\n').map((row) => `  ${sign} ${row}`)
  return [
    `\n${file}:${line}`,
    ...mark(before, '-'),
    ...(after === undefined ? [] : mark(after, '+')),
    ...notes.map((note) => `    ${note}`),
  ].join('\n')
}

/** Variables of scripts that need a decision, and so stay. */
function variableNotes(scripts: string, roads: readonly Road[]): string[] {
  return roads.flatMap(({ variables }) =>
    Object.entries(variables).flatMap(([old, target]) =>
      new RegExp(`(?<!\\w)${old}=`).test(scripts) ? [`    ${old} becomes ${describe(target)}`] : [],
    ),
  )
}

/** Lines of Dockerfiles, .env files and manifests that name a preload or a variable of the SDK. */
function starterLines({ name, text }: SourceFile, roads: readonly Road[]): string[] {
  return text.split('\n').flatMap((line, index) =>
    roads.flatMap((road) => {
      const replaced = replacePreload(line, road)
      const variable = Object.entries(road.variables).find(([old]) => new RegExp(`\\b${old}\\b`).test(line))
      if (replaced === line && variable === undefined) return []
      return [
        `\n${name}:${index + 1}`,
        `  - ${line.trim()}`,
        ...(replaced === line ? [] : [`  + ${replaced.trim()}`]),
        ...(variable ? [`    ${variable[0]} becomes ${describe(variable[1])}`] : []),
      ]
    }),
  )
}

const describe = (target: string): string => (target.endsWith('=') ? `${target}… in OTEL_RESOURCE_ATTRIBUTES` : target)
