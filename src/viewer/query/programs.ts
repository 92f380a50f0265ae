/** Starts of programs: processes that run side by side as one are one start, and the next start of the same command is another. */
import { type ProgramRun, RUN_ATTRIBUTE, type Run } from '../api.ts'
import type { StoreContext } from '../store/context.ts'
import { runsOf } from './runs.ts'

/** Newest first. */
export function programsOf(store: StoreContext): ProgramRun[] {
  const runs = runsOf(store).reverse()
  const groups = Map.groupBy(
    runs,
    (run) => devRunOf(store, run.id) ?? JSON.stringify([run.service, run.host, run.command]),
  )
  return [...groups.values()]
    .flatMap((group) => {
      const dev = devRunOf(store, group[0]!.id)
      return startsOf(group).map((start, index) =>
        programOf(dev === undefined ? start[0]!.id : index === 0 ? dev : `${dev}.${index + 1}`, start),
      )
    })
    .sort((a, b) => b.firstUs - a.firstUs)
}

/**
 * The start that is meant: a `ProgramRun.id`, what `dev` gave to all its processes (restarts of a watcher are several starts), a `Run.id`, or the
 * beginning of one of these.
 */
export function findProgram(store: StoreContext, id: string): ProgramRun | undefined {
  const programs = programsOf(store)
  const ofDev = programs.filter((program) => program.id === id || program.id.startsWith(`${id}.`))
  if (ofDev.length > 1) return { ...merge(ofDev), id }
  return (
    ofDev[0] ??
    programs.find(({ runs }) => runs.includes(id)) ??
    (id === ''
      ? undefined
      : programs.find((program) => [program.id, ...program.runs].some((name) => name.startsWith(id))))
  )
}

/** The last start of one of the same services before this one; of the same command if there is one. */
export function programBefore(store: StoreContext, program: ProgramRun): ProgramRun | undefined {
  const earlier = programsOf(store).filter(
    ({ firstUs, runs, services }) =>
      firstUs < program.firstUs &&
      !runs.some((run) => program.runs.includes(run)) &&
      services.some((service) => program.services.includes(service)),
  )
  return earlier.find(({ command }) => command === program.command) ?? earlier[0]
}

function devRunOf(store: StoreContext, run: string): string | undefined {
  const [id] = store.resources.ofRun(run)
  const dev = id === undefined ? undefined : store.resources.byId(id).attributes[RUN_ATTRIBUTE]
  return typeof dev === 'string' && dev !== '' ? dev : undefined
}

/** Cuts processes, oldest first, where one begins that does the same as one that had ended: a restart. */
function startsOf(runs: readonly Run[]): Run[][] {
  const starts: Run[][] = []
  for (const run of runs) {
    const current = starts.at(-1)
    const same = current?.filter(({ service, command }) => service === run.service && command === run.command) ?? []
    const isRestart = same.length > 0 && same.every(({ lastUs }) => lastUs < run.firstUs)
    if (current && !isRestart) current.push(run)
    else starts.push([run])
  }
  return starts
}

function programOf(id: string, runs: readonly Run[]): ProgramRun {
  const [first] = runs
  return {
    id,
    services: [...new Set(runs.map(({ service }) => service))],
    command: first!.command,
    host: first!.host,
    processes: runs.length,
    firstUs: first!.firstUs,
    lastUs: Math.max(...runs.map(({ lastUs }) => lastUs)),
    spans: sum(runs, ({ spans }) => spans),
    logs: sum(runs, ({ logs }) => logs),
    runs: runs.map((run) => run.id),
  }
}

function merge(programs: readonly ProgramRun[]): ProgramRun {
  const oldest = programs.at(-1)!
  return {
    ...oldest,
    services: [...new Set(programs.flatMap(({ services }) => services))],
    processes: sum(programs, ({ processes }) => processes),
    lastUs: Math.max(...programs.map(({ lastUs }) => lastUs)),
    spans: sum(programs, ({ spans }) => spans),
    logs: sum(programs, ({ logs }) => logs),
    runs: programs.flatMap(({ runs }) => runs),
  }
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
