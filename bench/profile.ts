/**
 * Where the time and the memory of a request go: this package's share of a program's CPU and of what it allocates, by file and by function.
 * `APP=typical node bench/profile.ts`
 */
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { OURS } from './arms.ts'
import { prepareArm } from './arms-install.ts'
import { startLoadGenerator } from './load.ts'
import { type App, type Program, startProgram } from './program.ts'
import { startSink } from './sink.ts'
import { table } from './tables.ts'

interface Frame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
  readonly columnNumber: number
}
interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[]
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}
interface HeapNode {
  readonly callFrame: Frame
  readonly selfSize: number
  readonly children: readonly HeapNode[]
}

/** What one function took for a request, in microseconds or bytes. */
export interface Cost {
  readonly name: string
  readonly file: string
  readonly isOurs: boolean
  amount: number
}

const WARMUP = 20_000
const REQUESTS = 20_000
const SHOWN = 40
const NOT_WORK = new Set(['(idle)', '(program)', '(root)'])

/** Asks an app that is warm for so many requests at full load. */
type Ask = (requests: number) => Promise<unknown>

/** CPU of an app at full load, by function, a request. */
export function profileCpu(app: App, arm: string): Promise<Cost[]> {
  return underLoad(app, arm, cpuOf)
}

async function cpuOf(program: Program, ask: Ask): Promise<Cost[]> {
  await program.inspect('cpu start')
  await ask(REQUESTS)
  return costsOfSamples((await program.inspect('cpu stop')) as CpuProfile)
}

/** Bytes allocated a request, by function. */
async function heapOf(program: Program, ask: Ask): Promise<Cost[]> {
  await program.inspect('heap start')
  await ask(REQUESTS / 4)
  const { head } = (await program.inspect('heap stop')) as { head: HeapNode }
  return costsOfBytes(head)
}

async function underLoad<T>(app: App, arm: string, measure: (program: Program, ask: Ask) => Promise<T>): Promise<T> {
  const sink = await startSink()
  const generator = startLoadGenerator()
  let program: Program | undefined
  try {
    program = await startProgram(app, arm, sink.port)
    const load = { port: program.port, connections: 32 }
    const ask: Ask = (requests) => generator.apply({ ...load, requests })
    await ask(WARMUP)
    return await measure(program, ask)
  } finally {
    generator.stop()
    sink.stop()
    await program?.stop()
  }
}

function costsOfSamples({ nodes, samples, timeDeltas }: CpuProfile): Cost[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const costs = createCosts()
  samples.forEach((id, at) => {
    const frame = frames.get(id)!
    if (!NOT_WORK.has(frame.functionName)) costs.add(frame, timeDeltas[at]! / REQUESTS)
  })
  return costs.all()
}

function costsOfBytes(head: HeapNode): Cost[] {
  const costs = createCosts()
  const visit = (node: HeapNode): void => {
    costs.add(node.callFrame, node.selfSize / (REQUESTS / 4))
    node.children.forEach(visit)
  }
  visit(head)
  return costs.all()
}

function createCosts(): { add(frame: Frame, amount: number): void; all(): Cost[] } {
  const known = new Map<string, Cost>()
  return {
    add(frame, amount) {
      const key = `${frame.functionName} ${frame.url}:${frame.lineNumber}:${frame.columnNumber}`
      let cost = known.get(key)
      if (cost === undefined) {
        cost = { name: frame.functionName || '(anonymous)', ...placeOf(frame), amount: 0 }
        known.set(key, cost)
      }
      cost.amount += amount
    },
    all: () => [...known.values()].sort((a, b) => b.amount - a.amount),
  }
}

const maps = new Map<string, SourceMap | undefined>()

/** Ours is what is bundled in this package, and the API that it is called through. */
function placeOf({ url, lineNumber, columnNumber }: Frame): { file: string; isOurs: boolean } {
  const isBundled = url.includes('/node_modules/uptrace-node/')
  const isOurs = isBundled || url.includes('/node_modules/@opentelemetry/')
  if (!isBundled) return { file: url.replace(/^.*\/node_modules\//, ''), isOurs }
  if (!maps.has(url)) maps.set(url, readMap(url.startsWith('file:') ? fileURLToPath(url) : url))
  const entry = maps.get(url)?.findEntry(lineNumber, columnNumber) as { originalSource?: string } | undefined
  const source = entry?.originalSource ?? path.basename(url)
  return { file: source.replace(/^.*?(src\/|node_modules\/)/, '$1'), isOurs }
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as ConstructorParameters<typeof SourceMap>[0])
  } catch {
    return undefined
  }
}

function describe(title: string, costs: readonly Cost[], show: (amount: number, total: number) => string): string {
  const total = costs.reduce((sum, { amount }) => sum + amount, 0)
  const ours = costs.filter(({ isOurs }) => isOurs)
  const sum = ours.reduce((amount, cost) => amount + cost.amount, 0)
  const files = new Map<string, number>()
  for (const { file, amount } of ours) files.set(file, (files.get(file) ?? 0) + amount)
  const byFile = [...files].sort((a, b) => b[1] - a[1]).slice(0, SHOWN)
  const row = (name: string, file: string, amount: number): string[] => [name, file, show(amount, total)]
  return [
    `\n${title}: ours ${show(sum, total)}, garbage collector ${show(amountOf(costs, '(garbage collector)'), total)}`,
    table(
      ['file', 'share'],
      byFile.map(([file, amount]) => [file, show(amount, total)]),
    ),
    '',
    table(
      ['function', 'file', 'share'],
      ours.slice(0, SHOWN).map(({ name, file, amount }) => row(name, file, amount)),
    ),
    '',
    table(
      ['of others', 'file', 'share'],
      costs
        .filter(({ isOurs }) => !isOurs)
        .slice(0, 25)
        .map(({ name, file, amount }) => row(name, file, amount)),
    ),
  ].join('\n')
}

const amountOf = (costs: readonly Cost[], name: string): number => costs.find((cost) => cost.name === name)?.amount ?? 0

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { APP = 'typical', ARM = OURS, PREPARED } = process.env
  const reason = PREPARED ? undefined : prepareArm(ARM)
  if (reason) throw new Error(`${ARM} is not installed: ${reason}`)
  const { cpu, heap } = await underLoad(APP as App, ARM, async (program, ask) => ({
    cpu: await cpuOf(program, ask),
    heap: await heapOf(program, ask),
  }))
  console.log(describe(`CPU of ${APP}`, cpu, (amount, total) => `${((100 * amount) / total).toFixed(2)} %`))
  console.log(describe(`Bytes allocated a request of ${APP}`, heap, (amount) => `${amount.toFixed(0)} B`))
}
