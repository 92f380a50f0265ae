/** `uptrace-node doctor`: finds out why telemetry does not arrive, from the Node version to the answer of each endpoint. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Config, resolveConfig } from '../config/resolve.ts'
import { TARGETS } from '../instrument/catalogue.generated.ts'
import { importHookKind } from '../instrument/hooks/module-import.ts'
import { distFolder } from '../lazy.ts'
import { configureLog } from '../log.ts'
import { redactSecrets } from '../redact.ts'
import { isNodeSupported, VERSION } from '../version.ts'
import { findInlined } from './bundle.ts'
import { findApiCopies } from './copies.ts'
import { probe } from './probe.ts'
import { REPORT_VARIABLE, type SelfReport } from './self-report.ts'

const RUN_MILLIS = 10_000

/** One thing that was looked at. */
export interface Check {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'failed'
  readonly detail: string
}

/** `[--json] [-- command …]`. Exit code 1 when a check failed, 2 for wrong arguments. */
export async function runDoctor(args: readonly string[]): Promise<number> {
  const end = args.includes('--') ? args.indexOf('--') : args.length
  const [flags, command] = [args.slice(0, end), args.slice(end + 1)]
  const unknown = flags.find((flag) => flag !== '--json')
  if (unknown !== undefined) {
    process.stderr.write(
      `uptrace-node doctor: unknown argument ${unknown} (usage: uptrace-node doctor [--json] [-- node app.js])\n`,
    )
    return 2
  }
  const checks = await examine(process.cwd(), process.env, command)
  const text = flags.includes('--json')
    ? JSON.stringify({ version: VERSION, checks }, null, 2)
    : checks.map(format).join('\n')
  process.stdout.write(`${redactSecrets(text)}\n`)
  return checks.some(({ status }) => status === 'failed') ? 1 : 0
}

async function examine(folder: string, env: NodeJS.ProcessEnv, command: readonly string[]): Promise<Check[]> {
  const warnings: string[] = []
  const keep = (message: string): void => void warnings.push(message)
  configureLog({ level: 'warn', logger: { error: keep, warn: keep, info: keep, debug: keep } })
  const config = resolveConfig({}, env)
  return [
    checkNode(),
    checkApi(folder),
    ...warnings.map((detail): Check => ({ name: 'environment', status: 'warning', detail })),
    checkDestination(config, command.length > 0),
    ...(await Promise.all(config.destinations.map(checkEndpoint))),
    checkHooks(),
    ...(command.length > 0 ? await checkProgram(command, env) : []),
  ]
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

/** A program may have its DSN in code, which is not seen from here. */
function checkDestination(config: Config, hasProgram: boolean): Check {
  if (config.disabledReason !== undefined)
    return { name: 'destination', status: hasProgram ? 'warning' : 'failed', detail: config.disabledReason }
  const what =
    config.dsns.length > 0
      ? config.dsns.map((dsn) => `DSN ${dsn}, traces at ${dsn.siteUrl}`)
      : [...new Set(config.destinations.map(({ label }) => `endpoint ${label}`))]
  return { name: 'destination', status: 'ok', detail: what.join('; ') || 'only exporters without a network' }
}

async function checkEndpoint(destination: Config['destinations'][number]): Promise<Check> {
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

/** Runs the program for some seconds with telemetry on and asks it what it saw. */
async function checkProgram(command: readonly string[], env: NodeJS.ProcessEnv): Promise<Check[]> {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'uptrace-doctor-')), 'report.json')
  const register = pathToFileURL(path.join(distFolder(), 'register.mjs')).href
  const options = `${env.NODE_OPTIONS ?? ''} --import ${register}`.trim()
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, NODE_OPTIONS: options, [REPORT_VARIABLE]: file },
  })
  const outcome = await new Promise<string>((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGTERM')
      resolve(`ran for ${RUN_MILLIS / 1000} s`)
    }, RUN_MILLIS)
    child.once('error', (error) => resolve(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      resolve(`ended with ${signal ?? `code ${code}`}`)
    })
  })
  const report = readReport(file)
  if (!report)
    return [
      {
        name: 'program',
        status: 'failed',
        detail: `${command.join(' ')} ${outcome}, and no Node.js process of it loaded uptrace-node`,
      },
    ]
  return [{ name: 'program', status: 'ok', detail: `${command.join(' ')} ${outcome}` }, ...judgeReport(report)]
}

function judgeReport({ instrumentation, spans, main }: SelfReport): Check[] {
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
          detail: `${main} was made by a bundler${inlined.length > 0 ? ` with ${inlined.join(', ')} inside, which cannot be traced` : ''}: leave packages external (esbuild --packages=external, webpack externals, Next.js serverExternalPackages)`,
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
    ...(instrumentation?.unsupported ?? []).map(
      ({ module, version, supported }): Check => ({
        name: 'unsupported version',
        status: 'failed',
        detail: `${module} ${version} is not traced: ${supported.join(' or ')} is`,
      }),
    ),
  ]
}

function readReport(file: string): SelfReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SelfReport
  } catch {
    return undefined
  }
}

function format({ name, status, detail }: Check): string {
  return `${{ ok: '  ok', warning: 'warn', failed: 'FAIL' }[status]}  ${name}: ${detail}`
}
