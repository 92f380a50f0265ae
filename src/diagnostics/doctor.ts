/** `uptrace-node doctor`: finds out why telemetry does not arrive, from the Node version to the answer of each endpoint. */
import { parseArgs } from 'node:util'
import type { Destination } from '../config/destination.ts'
import { type Config, resolveConfig } from '../config/resolve.ts'
import { importHookKind } from '../instrument/hooks/module-import.ts'
import type { LateLoad } from '../instrument/late/attach.ts'
import { hasPreload } from '../instrument/late/missed-imports.ts'
import { TARGETS } from '../instrument/targets.ts'
import { configureLog } from '../log.ts'
import { redactSecrets } from '../redact.ts'
import { isNodeSupported, VERSION } from '../version.ts'
import { findInlined } from './bundle.ts'
import { findApiCopies, isInPnp } from './copies.ts'
import { findUntraced } from './libraries.ts'
import { probe } from './probe.ts'
import { type ProgramRun, runProgram } from './run-program.ts'
import type { SelfReport } from './self-report.ts'

const HELP = `Usage: uptrace-node doctor [--json] [-- node app.js]

Finds out why telemetry does not arrive; with a program, runs it for up to 10 s and asks what it saw.
`

/** One thing that was looked at. */
export interface Check {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'failed'
  readonly detail: string
}

/** `[--json] [-- command …]`. Exit code 1 when a check failed, 2 for wrong arguments. */
export async function runDoctor(args: readonly string[]): Promise<number> {
  const end = args.includes('--') ? args.indexOf('--') : args.length
  const { values, isWrong } = parseFlags(args.slice(0, end))
  if (isWrong) {
    process.stderr.write(`uptrace-node doctor: unknown argument\n\n${HELP}`)
    return 2
  }
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const checks = await examine(process.cwd(), process.env, args.slice(end + 1))
  const text = values.json ? JSON.stringify({ version: VERSION, checks }, null, 2) : checks.map(format).join('\n')
  process.stdout.write(`${redactSecrets(text)}\n`)
  return checks.some(({ status }) => status === 'failed') ? 1 : 0
}

/** Arguments that are not known are not repeated: one of them may be a password. */
function parseFlags(args: string[]): { values: { json?: boolean; help?: boolean }; isWrong: boolean } {
  const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  try {
    return { values: parseArgs({ args, options }).values, isWrong: false }
  } catch {
    return { values: {}, isWrong: true }
  }
}

async function examine(folder: string, env: NodeJS.ProcessEnv, command: readonly string[]): Promise<Check[]> {
  const warnings: string[] = []
  const keep = (message: string): void => void warnings.push(message)
  configureLog({ level: 'warn', logger: { error: keep, warn: keep, info: keep, debug: keep } })
  const config = resolveConfig({}, env)
  const run = command.length > 0 ? await runProgram(command, env) : undefined
  // what the program has in its code counts, not what the environment says
  const destinations = run?.report?.destinations ?? config.destinations
  return [
    checkNode(),
    checkApi(folder),
    ...warnings.map((detail): Check => ({ name: 'environment', status: 'warning', detail })),
    checkDestination(config, destinations, run?.report?.disabledReason ?? config.disabledReason),
    ...(await Promise.all(destinations.map(checkEndpoint))),
    checkHooks(),
    ...(run ? checkProgram(run, hasPreload([...flagsOf(command), env['NODE_OPTIONS'] ?? ''])) : []),
  ]
}

/** Those of Node; what follows the name of the program is its own. */
function flagsOf([, ...args]: readonly string[]): string[] {
  const takesNext = /^(?:-r|-C|--(?:import|require|loader|experimental-loader|conditions))$/
  const end = args.findIndex((arg, index) => !arg.startsWith('-') && !takesNext.test(args[index - 1] ?? ''))
  return args.slice(0, end < 0 ? args.length : end)
}

function checkNode(): Check {
  const isSupported = isNodeSupported()
  return {
    name: 'node',
    status: isSupported ? 'ok' : 'warning',
    detail: `Node.js ${process.versions.node}, uptrace-node ${VERSION}${isSupported ? '' : '; the oldest supported version is 22.15'}`,
  }
}

function checkApi(folder: string): Check {
  const copies = findApiCopies(folder)
  const listing = copies.map((copy) => `${copy.version} at ${copy.path}`).join(', ')
  if (copies.length === 0 && isInPnp(folder, '@opentelemetry/api'))
    return { name: '@opentelemetry/api', status: 'ok', detail: "installed by Yarn's Plug'n'Play" }
  if (copies.length === 0)
    return {
      name: '@opentelemetry/api',
      status: 'failed',
      detail: `not installed below ${folder}: npm install @opentelemetry/api`,
    }
  if (copies.length > 1) {
    return {
      name: '@opentelemetry/api',
      status: 'failed',
      detail: `${copies.length} copies: ${listing}. What is recorded with one may not be seen by another: npm ls @opentelemetry/api says who brings them, npm dedupe or overrides leave one`,
    }
  }
  const [, minor = 0] = copies[0]!.version.split('.').map(Number)
  if (!copies[0]!.version.startsWith('1.') || minor < 10)
    return {
      name: '@opentelemetry/api',
      status: 'failed',
      detail: `${listing} is older than 1.10: npm install @opentelemetry/api@latest`,
    }
  return { name: '@opentelemetry/api', status: 'ok', detail: `one copy, ${listing}` }
}

function checkDestination(
  config: Config,
  destinations: readonly Destination[],
  disabledReason: string | undefined,
): Check {
  const isOfEnvironment = labels(destinations) === labels(config.destinations)
  if (disabledReason !== undefined && destinations.length === 0)
    return { name: 'destination', status: 'failed', detail: disabledReason }
  const what =
    isOfEnvironment && config.dsns.length > 0
      ? config.dsns.map((dsn) => `DSN ${dsn}, traces at ${dsn.siteUrl}`).join('; ')
      : labels(destinations)
  const where = isOfEnvironment ? '' : ', configured by the program'
  return { name: 'destination', status: 'ok', detail: what ? `${what}${where}` : 'only exporters without a network' }
}

const labels = (destinations: readonly Destination[]): string =>
  [...new Set(destinations.map(({ label }) => `endpoint ${label}`))].sort().join('; ')

async function checkEndpoint(destination: Destination): Promise<Check> {
  const { signal, endpoint, isOk, answer } = await probe(destination)
  return { name: `${signal} to ${endpoint}`, status: isOk ? 'ok' : 'failed', detail: answer }
}

function checkHooks(): Check {
  const kind = importHookKind()
  const details = {
    sync: 'imports are seen in the thread of the application',
    async: 'imports are seen by the loader thread: start with --import uptrace-node/register',
    none: 'imports cannot be seen: only CommonJS is traced',
  }
  return { name: 'es modules', status: kind === 'none' ? 'failed' : 'ok', detail: details[kind] }
}

function checkProgram({ name, outcome, report }: ProgramRun, isPreloaded: boolean): Check[] {
  const early = isPreloaded ? [] : (report?.early ?? [])
  if (report)
    return [
      { name: 'program', status: 'ok', detail: `${name} ${outcome}` },
      ...judgeReport(report),
      ...early.map(judgeEarly),
    ]
  const detail = `${name} ${outcome}, and no Node.js process of it loaded uptrace-node`
  return [{ name: 'program', status: 'failed', detail }]
}

function judgeEarly({ module, version, loadedBy }: LateLoad): Check {
  return {
    name: 'loaded early',
    status: 'warning',
    detail: `${module} ${version ?? ''}, imported by ${loadedBy} as ES modules before telemetry is configured: it is traced in this run, which preloads, and only with node --import uptrace-node/register`,
  }
}

function judgeReport({ instrumentation, spans, main, packages }: SelfReport): Check[] {
  const active = instrumentation?.active.filter((name) => name !== 'runtime-node') ?? []
  const late = instrumentation?.late.filter(({ loadedBy }) => loadedBy !== undefined) ?? []
  const counts = Object.entries(spans).map(
    ([scope, count]) => `${scope.replace('@opentelemetry/instrumentation-', '')} ${count}`,
  )
  const inlined = main === undefined ? undefined : findInlined(main, Object.keys(TARGETS))
  const bundled: Check[] = inlined
    ? [
        {
          name: 'bundle',
          status: inlined.length > 0 ? 'failed' : 'warning',
          detail: `${main} was made by a bundler${inlined.length > 0 ? ` with ${inlined.join(', ')} inside, which cannot be traced` : ''}: leave packages external (esbuild --packages=external, webpack externals, Next.js serverExternalPackages), or add a plugin of uptrace-node/bundler`,
        },
      ]
    : []
  return [
    {
      name: 'instrumentations',
      status: active.length > 0 ? 'ok' : 'warning',
      detail: active.length > 0 ? active.join(', ') : 'none: the program loaded nothing of the catalogue',
    },
    {
      name: 'spans',
      status: counts.length > 0 ? 'ok' : 'warning',
      detail: counts.length > 0 ? counts.join(', ') : 'none in this time',
    },
    ...bundled,
    ...late.map(
      ({ module, version, loadedBy, taken }): Check => ({
        name: 'loaded early',
        status: 'warning',
        detail: `${module} ${version ?? ''}, by ${loadedBy}${taken.length > 0 ? `; not traced: ${taken.join(', ')}, taken from it before telemetry was configured` : ', patched in place'}`,
      }),
    ),
    ...findUntraced(packages).map(
      ([name, detail]): Check => ({
        name: 'no instrumentation',
        status: 'warning',
        detail: `${name} is loaded: ${detail}`,
      }),
    ),
    ...(instrumentation?.unsupported ?? []).map(
      ({ module, version, supported }): Check => ({
        name: 'unsupported version',
        status: 'failed',
        detail: `${module} ${version} is not traced: ${supported.join(' or ')} is`,
      }),
    ),
  ]
}

function format({ name, status, detail }: Check): string {
  return `${{ ok: '  ok', warning: 'warn', failed: 'FAIL' }[status]}  ${name}: ${detail}`
}
