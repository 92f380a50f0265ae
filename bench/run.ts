/**
 * Runs the suite and writes RESULTS.md, in a quarter of an hour. `npm run bench`; `ARMS`, `APPS`, `START_ROUNDS` make it smaller. With `ARMS=all` each
 * program also runs under every tracer of the field, with latency and memory, which takes hours.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ARMS, chosenArms, OURS } from './arms.ts'
import { LIBRARIES } from './arms-install.ts'
import { describeEncoding, measureEncoding } from './encode.ts'
import { describeInstalls, measureInstalls } from './install.ts'
import { describeRequests, measureRequests } from './request.ts'
import { describeShares, measureShares, type Share } from './shares.ts'
import { describeStarts, measureStarts } from './startup.ts'
import { table } from './tables.ts'

const begin = new Date()
const say = (line: string): void => console.error(line)
const isWhole = process.env.ARMS === 'all'
const sections = [
  ['What a request of a service costs', describeTop(await measureShares(say))],
  ['Start-up', describeStarts(measureStarts(say))],
  ['Install', describeInstalls(measureInstalls(say))],
  ...(isWhole ? [['A request', describeRequests(await measureRequests(say))]] : []),
  ['A span on its way to the wire', describeEncoding(await measureEncoding())],
]
const file = path.join(import.meta.dirname, 'RESULTS.md')
writeFileSync(file, `${[preamble(), ...sections.map(([title, text]) => `## ${title}\n\n${text}`)].join('\n\n')}\n`)
say('written: bench/RESULTS.md')

function describeTop(shares: readonly Share[]): string {
  return `CPU of the whole process that a request adds to bare Node, with the export of what was recorded, by the quickest quarter of each arm's turns. The stock packages make the same spans; "ratio" is what uptrace-node adds, of what the column before it adds.

${describeShares(shares)}`
}

function preamble(): string {
  const { version } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../package.json'), 'utf8')) as {
    version: string
  }
  const packagesOf = (arm: string): string =>
    arm === OURS ? `uptrace-node@${version} from \`npm pack\`` : ARMS[arm]!.packages.join(', ') || 'none'
  const rows = chosenArms().map((arm) => [ARMS[arm]!.title, packagesOf(arm), ARMS[arm]!.note ?? ''])
  const minutes = ((Date.now() - begin.getTime()) / 60_000).toFixed(0)
  return `# Benchmark results

Written by \`npm run bench\` on ${begin.toISOString().slice(0, 10)} in ${minutes} minutes; do not edit.

- Machine: ${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown'}, ${(os.totalmem() / 2 ** 30).toFixed(0)} GB, ${os.type()} ${os.arch()}; load average at the end ${os.loadavg()[0]!.toFixed(1)}
- Node ${process.versions.node}; programs use ${LIBRARIES.join(', ')}
- Every arm runs the same programs with 100 % sampling, without instrumentation of fs, net and dns, and sends to the same sink on loopback. Where an arm has a batch delay that can be set it is half a second. Compression is each arm's default: ours leaves what stays on the machine as it is, and a span that goes elsewhere takes what is told at the end.
- Arms run interleaved, so that a slow minute of the machine meets all of them. Read ratios, not times, and no difference that is smaller than the spread of the rounds, which a busy machine widens.
- An arm that records less is cheaper: compare what it recorded.

${table(['arm', 'packages', 'note'], rows)}

To repeat: \`npm ci && npm run build && scripts/services.sh install && scripts/services.sh start && npm run bench\`. A program whose servers do not answer is left out. \`APPS=express START_ROUNDS=5 npm run bench\` is a short run, \`ARMS=all npm run bench\` one with all tracers and with latency, which takes hours; \`npm run bench:guard\` is the check that CI makes.`
}
