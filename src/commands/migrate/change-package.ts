/** What becomes of package.json: dependencies out and in, and the scripts. */
import { VERSION } from '../../version.ts'
import type { PackageJson } from './project.ts'
import type { Road } from './road.ts'
import { replacePreload, replaceVariables } from './scripts.ts'

const API = '@opentelemetry/api'
const OLDEST_API = '^1.10.0'

/** @param isUsed whether code that stays imports this package */
export function changePackage(
  before: PackageJson,
  roads: readonly Road[],
  isUsed: (name: string) => boolean,
): PackageJson {
  const keep = (dependencies: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(dependencies).filter(([name]) => !roads.some(({ removes }) => removes.test(name)) || isUsed(name)),
    )
  const dependencies = keep(before.dependencies ?? {})
  const added = {
    ...dependencies,
    [API]: isRecentApi(dependencies[API]) ? dependencies[API]! : OLDEST_API,
    'uptrace-node': dependencies['uptrace-node'] ?? `^${VERSION}`,
  }
  const scripts = Object.entries(before.scripts ?? {}).map(([name, script]) => [name, changeScript(script, roads)])
  return {
    ...before,
    ...(before.scripts && { scripts: Object.fromEntries(scripts) as Record<string, string> }),
    dependencies: Object.fromEntries(Object.entries(added).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(before.devDependencies && { devDependencies: keep(before.devDependencies) }),
  }
}

function changeScript(script: string, roads: readonly Road[]): string {
  return roads.reduce((text, road) => replaceVariables(replacePreload(text, road), road), script)
}

/** A range that 1.10 is in, and nothing older; a range in other words is left to its author. */
function isRecentApi(range: string | undefined): boolean {
  const [, major, minor] = /^[\^~]?(\d+)\.(\d+)/.exec(range ?? '') ?? []
  return range !== undefined && (major === undefined ? range !== '*' : Number(major) === 1 && Number(minor) >= 10)
}

/** With the indentation and the last line end that it had. */
export function formatLike(text: string, value: PackageJson): string {
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? '  '
  return JSON.stringify(value, null, indent) + (text.endsWith('\n') ? '\n' : '')
}
