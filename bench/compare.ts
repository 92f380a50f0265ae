/** Compares the ratios of two results: `npm run bench:compare -- other/RESULTS.md`, with RESULTS.md of this folder; ends with 1 when one of them did not repeat. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** How far two runs may be apart. */
const LIMIT = 0.15

const [other, own = path.join(import.meta.dirname, 'RESULTS.md')] = process.argv.slice(2)
if (!other) throw new Error('name the RESULTS.md to compare with')
const [first, second] = [ratiosOf(own), ratiosOf(other)]
let count = 0
let apart = 0

for (const [name, ratio] of first) {
  const repeated = second.get(name)
  if (repeated === undefined) continue
  count++
  const change = repeated / ratio - 1
  if (Math.abs(change) <= LIMIT) continue
  apart++
  console.log(`${name}: ${ratio} and ${repeated} (${change > 0 ? '+' : ''}${(change * 100).toFixed(0)} %)`)
}
console.log(`${count - apart} of ${count} ratios repeat within ${LIMIT * 100} %`)
process.exitCode = count === 0 || apart > 0 ? 1 : 0

/** Heading, arm and column -> each ratio to bare Node in the tables. */
function ratiosOf(file: string): Map<string, number> {
  const ratios = new Map<string, number>()
  let heading = ''
  let head: string[] = []
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ /, '')
    if (!line.startsWith('|')) head = []
    if (!line.startsWith('| ')) continue
    const cells = line.slice(2, -2).split(' | ')
    if (head.length === 0) head = cells
    for (const [index, cell] of cells.entries()) {
      const ratio = (head[index] === 'ratio' ? /^([\d.]+)/ : /×([\d.]+)/).exec(cell)?.[1]
      if (ratio) ratios.set(`${heading}, ${cells[0]}, ${head[index]}`, Number(ratio))
    }
  }
  return ratios
}
