/** Prints the whole matrix, on every Node line; a silent cell is a failure. `npm run test:matrix [-- library or Node line …]` */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { MODULES, MOMENTS, type Outcome, runCell } from './cell.ts'
import { LIBRARIES } from './libraries.ts'

const SIGNS: Record<Outcome['kind'], string> = { traced: 'ok', warning: 'warn', silent: 'SILENT' }
const isLine = (text: string): boolean => /^\d+$/.test(text)
const wanted = process.argv.slice(2).filter((text) => !isLine(text))
const lines = process.argv.slice(2).filter(isLine).map(Number)
const libraries = LIBRARIES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const nodes = (lines.length > 0 ? lines : [22, 24, 26]).map((major) => ({
  major,
  binary: major === 24 ? process.execPath : path.join(import.meta.dirname, `../../.cache/nodes/${major}/node`),
}))
const notes: string[] = []
const counts: Record<Outcome['kind'], number> = { traced: 0, warning: 0, silent: 0 }

for (const { major, binary } of nodes) {
  if (!existsSync(binary)) {
    console.log(`skipped: Node ${major} is not installed (scripts/install-nodes.sh installs it)`)
    continue
  }
  const columns = MODULES.flatMap((system) => MOMENTS.map((moment) => ({ system, moment })))
  console.log(
    `\nNode ${major.toString().padEnd(6)}${columns.map(({ system, moment }) => `${system} ${moment}`.padEnd(14)).join('')}`,
  )
  for (const library of libraries) {
    if (library.needs && !process.env[library.needs]) {
      console.log(
        `${library.name.padEnd(11)}skipped: ${library.needs} is not set (scripts/services.sh starts the servers)`,
      )
      continue
    }
    const cells: string[] = []
    for (const { system, moment } of columns) {
      const outcome = await runCell(library, system, moment, binary)
      counts[outcome.kind]++
      cells.push(SIGNS[outcome.kind].padEnd(14))
      if (outcome.kind !== 'traced')
        notes.push(`Node ${major}, ${library.name}, ${system} ${moment}: ${outcome.detail}`)
    }
    console.log(library.name.padEnd(11) + cells.join(''))
  }
}

console.log(
  `\n${notes.join('\n')}\n${counts.traced} traced, ${counts.warning} with a named warning, ${counts.silent} silent`,
)
process.exitCode = counts.silent > 0 ? 1 : 0
