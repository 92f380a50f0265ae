/** `uptrace-node migrate` on projects from agents, on those without a NodeSDK, and on workspaces. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../../..')
const PROGRAMS = path.join(ROOT, '.cache/programs')

function project(files: Record<string, string | object>): string {
  mkdirSync(PROGRAMS, { recursive: true })
  const folder = mkdtempSync(path.join(PROGRAMS, 'migrate-'))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  }
  return folder
}

function migrate(folder: string, ...args: string[]): string {
  const cli = path.join(ROOT, 'dist/cli.cjs')
  const result = spawnSync(process.execPath, [cli, 'migrate', folder, ...args], { encoding: 'utf8' })
  expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: '' })
  return result.stdout
}

const scriptsOf = (folder: string) => JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).scripts

test('Splunk: start becomes configureOpentelemetry, and only its own start', () => {
  const folder = project({
    'package.json': {
      dependencies: { '@splunk/otel': '3' },
      scripts: { start: 'SPLUNK_REALM=us0 node -r @splunk/otel/instrument app.js' },
    },
    'app.js':
      "const { start } = require('@splunk/otel')\nstart({ serviceName: 'shop', profiling: true })\nserver.start({})\n",
    'other.js': 'start({ serviceName: 1 })\n',
  })
  const printed = migrate(folder, '--write')
  expect(printed).toContain(
    "  + configureOpentelemetry({\n  +   serviceName: 'shop',\n  + })\n    profiling: uptrace-node dev",
  )
  expect(printed.match(/configureOpentelemetry\(/g)).toHaveLength(1)
  expect(printed).toContain('    SPLUNK_REALM becomes UPTRACE_DSN, or')
  expect(scriptsOf(folder)).toEqual({ start: 'SPLUNK_REALM=us0 node --import uptrace-node/register app.js' })
})

test('Elastic APM: options, variables and calls', () => {
  const folder = project({
    'package.json': {
      dependencies: { 'elastic-apm-node': '4' },
      scripts: {
        start: 'ELASTIC_APM_SERVICE_NAME=shop ELASTIC_APM_ENVIRONMENT=prod node -r elastic-apm-node/start.js a.js',
      },
    },
    'apm.js': `module.exports = require('elastic-apm-node').start({ serviceName: 'shop', active: isProduction, transactionSampleRate: 0.5, secretToken: 'x' })`,
    'a.js': "const apm = require('./apm')\napm.captureError(error)\napm.startTransaction('job')\n",
  })
  const printed = migrate(folder, '--write')
  expect(printed).toContain(
    "+   serviceName: 'shop',\n  +   disabled: !(isProduction),\n  +   sampler: 'parentbased_traceidratio',\n  +   samplerArg: 0.5,\n  + })\n    secretToken: is not read",
  )
  expect(printed).toContain('a.js:2\n  - apm.captureError(error)\n    reportError(error)')
  expect(printed).toContain("a.js:3\n  - apm.startTransaction('job')\n    withSpan(")
  expect(scriptsOf(folder).start).toBe(
    'OTEL_SERVICE_NAME=shop OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=prod node --import uptrace-node/register a.js',
  )
})

test('New Relic: calls, and a variable that needs a decision is told', () => {
  const folder = project({
    'package.json': {
      dependencies: { newrelic: '12' },
      scripts: { start: 'NEW_RELIC_APP_NAME=shop NEW_RELIC_LICENSE_KEY=k node -r newrelic app.js' },
    },
    'app.mjs':
      "import newrelic from 'newrelic'\nnewrelic.noticeError(error)\nnewrelic.startSegment('work', true, run)\n",
  })
  const printed = migrate(folder, '--write')
  expect(printed).toContain('    NEW_RELIC_LICENSE_KEY becomes nothing: the token is in the DSN')
  expect(printed).toContain('app.mjs:2\n  - newrelic.noticeError(error)\n    reportError(error)')
  expect(printed).toContain('app.mjs:3\n')
  expect(scriptsOf(folder).start).toBe(
    'OTEL_SERVICE_NAME=shop NEW_RELIC_LICENSE_KEY=k node --import uptrace-node/register app.js',
  )
})

test('commands that take the value of --import for a file of theirs keep -r', () => {
  const old = '@opentelemetry/auto-instrumentations-node/register'
  const folder = project({
    'package.json': {
      dependencies: { '@opentelemetry/auto-instrumentations-node': '0.60' },
      scripts: {
        a: `ts-node -r ${old} a.ts`,
        b: `mocha && node --require ${old} b.js`,
        c: `tsx --require=${old} c.ts`,
      },
    },
  })
  migrate(folder, '--write')
  expect(scriptsOf(folder)).toEqual({
    a: 'ts-node -r uptrace-node/register a.ts',
    b: 'mocha && node --import uptrace-node/register b.js',
    c: 'tsx --import uptrace-node/register c.ts',
  })
})

test('options in a variable of the file, settings of single instrumentations, gRPC', () => {
  const folder = project({
    'package.json': { dependencies: { '@opentelemetry/sdk-node': '0.203' } },
    'otel.ts': `import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
const config: Partial<NodeSDKConfiguration> = {
  serviceName: 'gateway',
  traceExporter: new OTLPTraceExporter(),
  instrumentations: [new PgInstrumentation({ enhancedDatabaseReporting: true }), new HttpInstrumentation()],
}
new NodeSDK(config).start()
`,
  })
  const printed = migrate(folder)
  expect(printed).toContain(
    "  - new NodeSDK( … )\n  + configureOpentelemetry({\n  +   serviceName: 'gateway',\n  +   instrumentations: { pg: { enhancedDatabaseReporting: true } },\n  + })\n",
  )
  expect(printed).toContain("remove it, and give the option protocol: 'grpc'")
})

test('a tracer provider without the NodeSDK', () => {
  const folder = project({
    'package.json': { dependencies: { '@opentelemetry/sdk-trace-node': '1' } },
    'otel.js': `const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const provider = new NodeTracerProvider()
provider.register()
`,
  })
  const printed = migrate(folder)
  expect(printed).toContain('  - new NodeTracerProvider()\n  + configureOpentelemetry()\n')
  expect(printed).toContain('  - provider.register()\n    remove it')
})

test('workspaces: each package that is on a road is named with its command', () => {
  const folder = project({
    'package.json': { private: true, workspaces: ['packages/*'] },
    'packages/api/package.json': { dependencies: { 'dd-trace': '5' } },
    'packages/web/package.json': { dependencies: { '@sentry/node': '8' } },
    'packages/lib/package.json': { dependencies: {} },
    'packages/odd/package.json': '{',
  })
  expect(migrate(folder)).toBe(`Nothing to change here, but in packages of this one:
  uptrace-node migrate ${folder}/packages/api  (dd-trace)
  uptrace-node migrate ${folder}/packages/web  (@sentry/node (its tracing))
`)
})
