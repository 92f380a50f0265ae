/**
 * Every way a process can end, many times, on every Node line, with traces, logs and metrics, from the built package:
 * `npm run test:exits [-- rounds [major …]]`. Ends with `N passed, N failed`.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { ENDINGS, type Ending, runEnding } from './endings.ts'
import { checkDelivery, checkOutage, checkSpool, type Verdict } from './exit-matrix.ts'

const ROUNDS = Number(process.argv[2] ?? 20)
const AT_ONCE = 3
const NODES = (process.argv[3] ? process.argv.slice(3).map(Number) : [22, 24, 26]).map((major) => ({
  major,
  node: major === 24 ? process.execPath : path.join(import.meta.dirname, `../../.cache/nodes/${major}/node`),
}))

let passed = 0
let failed = 0

for (const { major, node } of NODES) {
  if (!existsSync(node)) {
    failed++
    console.log(`Node ${major} is not installed (scripts/install-nodes.sh installs it)`)
    continue
  }
  console.log(`\nNode ${major}: rounds in which everything arrived; back end down, hanging; spool`)
  const endings = Object.entries(ENDINGS)
  const next = async (): Promise<void> => {
    for (let one = endings.shift(); one; one = endings.shift()) await runAll(one[0], one[1], node)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
}
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function runAll(name: string, ending: Ending, node: string): Promise<void> {
  const bare = await runEnding(ending, undefined, { node })
  let good = 0
  for (let round = 0; round < ROUNDS; round++) if (note(name, await checkDelivery(ending, node, bare))) good++
  const isDown = note(name, await checkOutage(ending, node, 'refused'))
  const isHanging = note(name, await checkOutage(ending, node, 'hang'))
  const isSpooled = note(name, await checkSpool(ending, node))
  const rest = [isDown, isHanging, isSpooled].map((isGood) => (isGood ? 'ok' : 'FAILED')).join(', ')
  console.log(`${name.padEnd(44)}${`${good}/${ROUNDS}`.padEnd(8)}${rest}`)
}

function note(name: string, verdict: Verdict): boolean {
  if (verdict === undefined) passed++
  else {
    failed++
    console.log(`  FAILED ${name}: ${verdict}`)
  }
  return verdict === undefined
}
