/** Runs applications of others bare and with telemetry, and compares. `npm run test:apps [-- node-red …]` */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { APPLICATIONS, type Application } from './applications.ts'
import { install, versionOf } from './install.ts'
import { type Outcome, runProgram } from './program.ts'

const PRELOAD = ['--import', pathToFileURL(path.join(import.meta.dirname, '../../dist/register.mjs')).href]
/** The least of so many starts is shown, and not judged: it depends on what else the machine does. bench/startup.ts judges. */
const ROUNDS = 3
const POSTGRES = process.env['UPTRACE_TEST_POSTGRES_URL']
const wanted = process.argv.slice(2)
let failures = 0

console.log(
  'application              answers  exit  server spans  with a route  traces  errors  start bare / with, ms of CPU',
)
for (const application of APPLICATIONS) {
  const { name, database } = application
  if (wanted.length > 0 && !wanted.includes(name)) continue
  if (database && !POSTGRES)
    console.log(`${name}: skipped, UPTRACE_TEST_POSTGRES_URL is not set (scripts/services.sh starts the servers)`)
  else await check(application).catch((error: unknown) => fail(name, String(error)))
}
process.exit(failures === 0 ? 0 : 1)

async function check(application: Application): Promise<void> {
  const { name, packages, database, hasRoutes } = application
  const env = { ...application.program.env, ...(database && { DATABASE_URL: await createDatabase(database) }) }
  const program = { ...application.program, env }
  const prepare = (): string =>
    install(name, packages, application.files, application.overrides, undefined, application.ignoreScripts)
  const folder = prepare()
  const version = versionOf(folder, packages[0]!.replace(/(.)@.*$/, '$1'))
  const runs: Array<readonly [Outcome, Outcome]> = []
  // the files of the application are those of its start for each run
  const run = (flags: readonly string[]): Promise<Outcome> => {
    prepare()
    return runProgram({ ...program, folder }, flags)
  }
  // the first start fills caches, such as a database of its own
  await run([])
  for (let round = 0; round < ROUNDS; round++) runs.push([await run([]), await run(PRELOAD)])
  const [bare, ours] = runs.at(-1)!
  const [bareMillis, oursMillis] = [0, 1].map((arm) => Math.min(...runs.map((pair) => pair[arm]!.startMillis)))
  const servers = ours.spans.filter((span) => span.isServer && span.path !== program.ready)
  // where the framework answers that there is nothing, there is no route
  const answered = servers.filter(({ status }) => status !== 404)
  const routed = answered.filter(({ route }) => route !== undefined)
  const wrong = servers.filter(({ isError, status = 0 }) => isError && status < 500)
  const traces = new Set(servers.map(({ traceId }) => traceId))
  const isSame = String(bare.answers) === String(ours.answers)
  console.log(
    `${`${name} ${version}`.padEnd(25)}${(isSame ? 'same' : 'OTHER').padEnd(9)}${(bare.exit === ours.exit ? 'same' : 'OTHER').padEnd(6)}${String(servers.length).padEnd(14)}${`${routed.length} of ${answered.length}`.padEnd(14)}${String(traces.size).padEnd(8)}${String(wrong.length).padEnd(8)}${Math.round(bareMillis!)} / ${Math.round(oursMillis!)}`,
  )
  if (!isSame) fail(name, `answers: ${ours.answers.filter((answer) => !bare.answers.includes(answer))}`)
  if (bare.exit !== ours.exit) fail(name, `ended with ${ours.exit}, bare with ${bare.exit}`)
  const asked = program.asks.filter((ask) => ask !== program.ready)
  if (servers.length < asked.length) fail(name, `${servers.length} server spans for ${asked.length} requests`)
  if (hasRoutes && routed.length < answered.length * 0.95)
    fail(name, `no route: ${answered.filter(({ route }) => route === undefined).map((span) => span.path)}`)
  if (traces.size !== servers.length) fail(name, 'requests share a trace')
  if (wrong.length > 0) fail(name, `errors of answered requests: ${wrong.map((span) => span.name)}`)
  for (const line of new Set(ours.warnings)) console.log(`      ${line}`)
}

/** @returns its URL */
async function createDatabase(name: string): Promise<string> {
  const client = new pg.Client(POSTGRES)
  await client.connect()
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await client.query(`CREATE DATABASE ${name}`)
  await client.end()
  const url = new URL(POSTGRES!)
  url.pathname = name
  return url.href
}

function fail(name: string, what: string): void {
  failures++
  console.log(`FAIL  ${name}: ${what}`)
}
