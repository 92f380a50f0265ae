/** What each arm puts on the disk: a fresh `npm install` in an empty folder. */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { ARMS, chosenArms, OURS } from './arms.ts'
import { npmInstall, tarball } from './arms-install.ts'
import { table } from './tables.ts'

export interface Footprint {
  readonly packages: number
  readonly files: number
  /** In blocks of the file system, as `du` counts. */
  readonly diskMegabytes: number
  /** The bytes of the files. */
  readonly megabytes: number
}

/** Arm -> its footprint, or why it could not be installed. */
export type Footprints = Map<string, Footprint | string>

export function measureInstalls(say: (line: string) => void, arms = chosenArms()): Footprints {
  const results: Footprints = new Map()
  const home = path.join(import.meta.dirname, '../.cache/bench/install')
  mkdirSync(home, { recursive: true })
  for (const name of arms) {
    const arm = ARMS[name]!
    if ((arm.packages.length === 0 && name !== OURS) || arm.installedAs) continue
    say(`install, ${name}`)
    const folder = mkdtempSync(path.join(home, 'fresh-'))
    const reason = npmInstall(folder, name, [...arm.packages, ...(name === OURS ? [tarball()] : [])])
    results.set(name, reason ?? footprintOf(path.join(folder, 'node_modules')))
    rmSync(folder, { recursive: true, force: true })
  }
  return results
}

function footprintOf(folder: string): Footprint {
  let [packages, files, blocks, bytes] = [0, 0, 0, 0]
  const visit = (directory: string): void => {
    for (const name of readdirSync(directory)) {
      const file = path.join(directory, name)
      const stat = lstatSync(file)
      blocks += stat.blocks
      if (stat.isDirectory()) visit(file)
      else {
        files++
        bytes += stat.size
        if (name === 'package.json' && isPackageRoot(directory)) packages++
      }
    }
  }
  visit(folder)
  return { packages, files, diskMegabytes: (blocks * 512) / 2 ** 20, megabytes: bytes / 2 ** 20 }
}

/** `node_modules/name` or `node_modules/@scope/name`: packages hold further package.json files that say "type". */
function isPackageRoot(directory: string): boolean {
  const parent = path.dirname(directory)
  return path.basename(path.basename(parent).startsWith('@') ? path.dirname(parent) : parent) === 'node_modules'
}

export function describeInstalls(results: Footprints): string {
  const rows = [...results].map(([name, result]) =>
    typeof result === 'string'
      ? [ARMS[name]!.title, `not installed: ${result}`, '', '', '']
      : [
          ARMS[name]!.title,
          result.diskMegabytes.toFixed(1),
          result.megabytes.toFixed(1),
          String(result.packages),
          String(result.files),
        ],
  )
  return [
    'A fresh `npm install --ignore-scripts` of the packages of each arm in an empty folder.',
    table(['arm', 'MB on disk', 'MB of files', 'packages', 'files'], rows),
  ].join('\n\n')
}

if (import.meta.main) console.log(describeInstalls(measureInstalls(console.error)))
