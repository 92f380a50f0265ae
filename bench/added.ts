/** Where what a request costs more goes, beside the same program bare: functions of the tracer, the garbage collector, the system, Node, the program. `APPS=typical,fetch npm run bench:added` */
import { ARMS, OURS } from './arms.ts'
import { prepareArm } from './arms-install.ts'
import { type Cost, profileCpu } from './profile.ts'
import { APPS, type App } from './program.ts'
import { STOCK } from './shares.ts'
import { signed, table } from './tables.ts'

const SHOWN = 12
/** Functions of Node that are a call of the system each. */
const SYSTEM_CALLS = new Set([
  'writev',
  'writeBuffer',
  'writeLatin1String',
  'writeString',
  'writeUtf8String',
  'shutdown',
])
const PLACES = {
  'own functions': ({ isOurs }: Cost) => isOurs,
  'garbage collector': ({ name }: Cost) => name === '(garbage collector)',
  'writes to sockets': ({ name, file }: Cost) => file === '' && SYSTEM_CALLS.has(name),
  "Node's own code": ({ file }: Cost) => file === '' || /^(?:node|wasm):/.test(file),
  'the program and its libraries': () => true,
} as const
type Place = keyof typeof PLACES

/** Microseconds a request, by place. */
function byPlace(costs: readonly Cost[]): Map<Place, number> {
  const places = Object.keys(PLACES) as Place[]
  const sums = new Map(places.map((place) => [place, 0]))
  for (const cost of costs) {
    // the profile itself
    if (cost.file === 'node:inspector') continue
    const place = places.find((one) => PLACES[one](cost))!
    sums.set(place, sums.get(place)! + cost.amount)
  }
  return sums
}

const total = (sums: ReadonlyMap<Place, number>): number => [...sums.values()].reduce((sum, one) => sum + one, 0)

async function describeAdded(app: App): Promise<string> {
  const bareSums = byPlace(await profileCpu(app, 'none'))
  const parts = [`\n${app}: ${total(bareSums).toFixed(0)} µs of the bare program, by its profile`]
  const columns = [[...bareSums.keys(), 'together']]
  const heads = ['what is added, µs a request']
  for (const arm of [OURS, STOCK]) {
    const cpu = await profileCpu(app, arm)
    const sums = byPlace(cpu)
    const added = [...sums].map(([place, micros]) => micros - bareSums.get(place)!)
    columns.push([...added, total(sums) - total(bareSums)].map((micros) => signed(micros, 1)))
    heads.push(ARMS[arm]!.title)
    if (arm !== OURS) continue
    const own = cpu.filter(({ isOurs }) => isOurs).slice(0, SHOWN)
    const rows = own.map(({ name, file, amount }) => [name, file, amount.toFixed(2)])
    parts.push(table(['function', 'file', 'µs a request'], rows))
  }
  const rows = columns[0]!.map((_, row) => columns.map((column) => column[row]!))
  return [parts[0]!, table(heads, rows), ...parts.slice(1)].join('\n\n')
}

const wanted = process.env.APPS?.split(',') ?? ['express', 'fetch', 'typical']
for (const arm of ['none', OURS, STOCK]) {
  const reason = prepareArm(arm)
  if (reason) throw new Error(`${arm} is not installed: ${reason}`)
}
for (const app of APPS.filter((name) => wanted.includes(name))) console.log(await describeAdded(app))
