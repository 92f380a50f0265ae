/** Installs packages from npm into a temporary folder, once for each list of them. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '../..')
/** Outside of the repository, whose packages they would find. */
const HOME = path.join(tmpdir(), 'uptrace-node-programs')

/** @returns the folder, whose files are written anew */
export function install(
  name: string,
  packages: readonly string[],
  files: Readonly<Record<string, string>> = {},
  overrides: Readonly<Record<string, string>> = {},
  home = HOME,
  ignoreScripts = false,
): string {
  const folder = path.join(home, name)
  const mark = path.join(folder, 'node_modules/.installed')
  const wanted = packages.join(' ')
  mkdirSync(folder, { recursive: true })
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== wanted) {
    writeFileSync(
      path.join(folder, 'package.json'),
      JSON.stringify({ private: true, name: 'app', type: 'module', overrides }),
    )
    if (packages.length > 0)
      execFileSync(
        'npm',
        [
          ...['install', '--no-audit', '--no-fund', '--legacy-peer-deps', '--loglevel=error'],
          ...(ignoreScripts ? ['--ignore-scripts'] : []),
          ...packages,
        ],
        {
          cwd: folder,
          stdio: ['ignore', 'ignore', 'inherit'],
        },
      )
    mkdirSync(path.dirname(mark), { recursive: true })
    writeFileSync(mark, wanted)
  }
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), content)
  }
  return folder
}

/** Puts the built package there as npm would; links lead bundlers astray. */
export function installOurs(folder: string): void {
  const own = path.join(folder, 'node_modules/uptrace-node')
  rmSync(own, { recursive: true, force: true })
  mkdirSync(own, { recursive: true })
  for (const part of ['dist', 'package.json']) cpSync(path.join(ROOT, part), path.join(own, part), { recursive: true })
  for (const name of withDependencies('import-in-the-middle')) copyPackage(name, path.join(own, 'node_modules'))
  copyPackage('@opentelemetry/api', path.join(folder, 'node_modules'))
}

function copyPackage(name: string, modules: string): void {
  cpSync(path.join(ROOT, 'node_modules', name), path.join(modules, name), { recursive: true, force: true })
}

function withDependencies(name: string): string[] {
  const manifest = readFileSync(path.join(ROOT, 'node_modules', name, 'package.json'), 'utf8')
  const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> }
  return [name, ...Object.keys(dependencies).flatMap(withDependencies)]
}

/** The version that was installed. */
export function versionOf(folder: string, name: string): string {
  const manifest = path.join(folder, 'node_modules', name, 'package.json')
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
