/** What each tracing library adds to the start of a program: wall and CPU over bare Node, in one interleaved run. `npm run bench:startup` */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const ROUNDS = Number(process.env.ROUNDS ?? 11)
const ROOT = path.join(import.meta.dirname, '..')
const HOME = path.join(ROOT, '.cache/bench')
const LIBRARIES = ['express@5.3.0', 'pg@8.23.1', 'ioredis@6.0.0', 'pino@10.4.0']

interface Arm {
  readonly packages: readonly string[]
  /** Flags for a CommonJS and for an ESM program; `undefined` where the library has no way for it. */
  readonly flags: { readonly cjs?: readonly string[]; readonly mjs?: readonly string[] }
  readonly env?: Readonly<Record<string, string>>
  /** A file the arm is started with. */
  readonly setup?: { readonly name: string; readonly source: string }
}

const OTLP = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SERVICE_NAME: 'bench', OTEL_LOG_LEVEL: 'none' }
const ARMS: Readonly<Record<string, Arm>> = {
  none: { packages: [], flags: { cjs: [], mjs: [] } },
  'uptrace-node': {
    packages: ['@opentelemetry/api@1.10.0'],
    flags: { cjs: ['-r', 'uptrace-node/register'], mjs: ['--import', 'uptrace-node/register'] },
    env: { UPTRACE_DSN: 'http://t@127.0.0.1:9', UPTRACE_EXIT_FLUSH: 'false' },
  },
  'OpenTelemetry register': {
    packages: ['@opentelemetry/api@1.10.0', '@opentelemetry/auto-instrumentations-node@0.82.0'],
    flags: {
      cjs: ['-r', '@opentelemetry/auto-instrumentations-node/register'],
      mjs: ['--import', '@opentelemetry/auto-instrumentations-node/register'],
    },
    env: OTLP,
  },
  '@uptrace/node': {
    packages: ['@uptrace/node@2.0.2', '@opentelemetry/api@1.9.0'],
    flags: { cjs: ['-r', './setup.cjs'] },
    setup: {
      name: 'setup.cjs',
      source: `require('@uptrace/node').configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9/1', serviceName: 'bench' }).start()`,
    },
  },
  EDOT: {
    packages: ['@elastic/opentelemetry-node@1.18.0'],
    flags: { cjs: ['-r', '@elastic/opentelemetry-node'], mjs: ['--import', '@elastic/opentelemetry-node'] },
    env: OTLP,
  },
  'dd-trace': {
    packages: ['dd-trace@6.21.0'],
    flags: { cjs: ['-r', 'dd-trace/init'], mjs: ['--import', 'dd-trace/initialize.mjs'] },
    env: { DD_TRACE_STARTUP_LOGS: 'false', DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false', DD_TRACE_AGENT_PORT: '9' },
  },
  Sentry: {
    packages: ['@sentry/node@11.11.0'],
    flags: { cjs: ['--import', './setup.mjs'], mjs: ['--import', './setup.mjs'] },
    setup: {
      name: 'setup.mjs',
      source: `import * as Sentry from '@sentry/node'; Sentry.init({ dsn: 'http://t@127.0.0.1:9/1', tracesSampleRate: 1 })`,
    },
  },
}

const REPORT = `const { user, system } = process.cpuUsage(); require('fs').writeSync(1, String(user + system)); process.exit()`
const PROGRAMS: Readonly<Record<string, { readonly file: string; readonly source: string }>> = {
  'empty, CommonJS': { file: 'empty.cjs', source: REPORT },
  'empty, ESM': {
    file: 'empty.mjs',
    source: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); ${REPORT}`,
  },
  'five libraries, CommonJS': {
    file: 'five.cjs',
    source: `require('http'); require('express')(); require('pg'); require('ioredis'); require('pino')({ level: 'silent' }); ${REPORT}`,
  },
  'five libraries, ESM': {
    file: 'five.mjs',
    source: `import 'node:http'; import express from 'express'; import 'pg'; import 'ioredis'; import pino from 'pino'; import { createRequire } from 'node:module'; express(); pino({ level: 'silent' }); const require = createRequire(import.meta.url); ${REPORT}`,
  },
}

for (const [name, arm] of Object.entries(ARMS)) install(name, arm)
console.log(
  `medians of ${ROUNDS} interleaved rounds over bare Node ${process.versions.node}, in milliseconds: wall / CPU\n`,
)
console.log(
  `| | ${Object.keys(PROGRAMS).join(' | ')} |\n|---|${Object.keys(PROGRAMS)
    .map(() => '---')
    .join('|')}|`,
)
const samples = new Map<string, { wall: number; cpu: number }[]>()
for (let round = 0; round < ROUNDS; round++) {
  for (const program of Object.keys(PROGRAMS)) for (const name of Object.keys(ARMS)) run(name, program)
}
for (const name of Object.keys(ARMS))
  console.log(
    `| ${name} | ${Object.keys(PROGRAMS)
      .map((program) => describe(name, program))
      .join(' | ')} |`,
  )

function folderOf(name: string): string {
  return path.join(HOME, name.replaceAll(/[^a-z-]/gi, '_'))
}

function install(name: string, arm: Arm): void {
  const folder = folderOf(name)
  mkdirSync(folder, { recursive: true })
  for (const { file, source } of Object.values(PROGRAMS)) writeFileSync(path.join(folder, file), source)
  if (arm.setup) writeFileSync(path.join(folder, arm.setup.name), arm.setup.source)
  const npm = (args: readonly string[]): void =>
    void execFileSync(
      'npm',
      ['install', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', '--legacy-peer-deps', ...args],
      { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    )
  const marker = path.join(folder, 'installed')
  if (!existsSync(marker)) {
    writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
    npm([...LIBRARIES, ...arm.packages])
    writeFileSync(marker, '')
  }
  if (name !== 'uptrace-node') return
  // what is measured is the tarball that users get
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], {
      cwd: ROOT,
      encoding: 'utf8',
    }),
  ) as [{ filename: string }]
  rmSync(path.join(folder, 'node_modules/uptrace-node'), { recursive: true, force: true })
  npm([`./${filename}`])
}

function run(name: string, program: string): void {
  const arm = ARMS[name]!
  const { file } = PROGRAMS[program]!
  const flags = arm.flags[file.endsWith('.cjs') ? 'cjs' : 'mjs']
  if (!flags) return
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, file], {
    cwd: folderOf(name),
    env: { PATH: process.env.PATH, ...arm.env },
    encoding: 'utf8',
  })
  const wall = performance.now() - start
  const cpu = Number(/\d+$/.exec(stdout)?.[0]) / 1000
  if (status !== 0 || Number.isNaN(cpu)) throw new Error(`${name}, ${program}: ${stderr || stdout}`)
  const key = `${name} ${program}`
  samples.set(key, [...(samples.get(key) ?? []), { wall, cpu }])
}

function describe(name: string, program: string): string {
  const own = samples.get(`${name} ${program}`)
  if (!own) return 'no way'
  const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
  const base = samples.get(`none ${program}`)!
  const over = (of: 'wall' | 'cpu'): string => {
    const value =
      median(own.map((sample) => sample[of])) - (name === 'none' ? 0 : median(base.map((sample) => sample[of])))
    return `${name === 'none' ? '' : '+'}${value.toFixed(0)}`
  }
  return `${over('wall')} / ${over('cpu')}`
}
