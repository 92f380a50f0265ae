/** `uptrace-node migrate` on the projects of examples/migration: what it prints, what it writes, and that what it leads to works. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../../..')
const EXAMPLES = path.join(ROOT, 'examples/migration')
const roads = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []))

function migrate(folder: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(ROOT, 'dist/cli.cjs'), 'migrate', folder, ...args],
    { encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

function copyOf(folder: string): string {
  const parent = path.join(ROOT, '.cache/programs')
  mkdirSync(parent, { recursive: true })
  const copy = mkdtempSync(path.join(parent, 'migrate-'))
  cpSync(folder, copy, { recursive: true })
  return copy
}

function project(files: Record<string, string>): string {
  const folder = copyOf(path.join(EXAMPLES, 'edot/after'))
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
  return folder
}

const packageOf = (value: object): string => `${JSON.stringify(value, null, 2)}\n`

describe.for(roads)('%s', (road) => {
  const before = path.join(EXAMPLES, road, 'before')
  const after = path.join(EXAMPLES, road, 'after')

  test('--write makes the package.json of the folder after', () => {
    const folder = copyOf(before)
    expect(migrate(folder, '--write')).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(path.join(folder, 'package.json'), 'utf8')).toBe(
      readFileSync(path.join(after, 'package.json'), 'utf8'),
    )
  })

  test('without --write nothing is written, and code never is', () => {
    const folder = copyOf(before)
    expect(migrate(folder).stdout).toContain('Nothing was written; --write changes package.json.')
    for (const name of readdirSync(before))
      expect(readFileSync(path.join(folder, name), 'utf8')).toBe(readFileSync(path.join(before, name), 'utf8'))
  })

  test('the set-up that it prints is that of the folder after', () => {
    const printed = [...migrate(before).stdout.matchAll(/^ {2}\+ (configureOpentelemetry\([\s\S]*?^ {2}\+ \}\))/gm)]
    const setUps = readdirSync(after).flatMap((name) => {
      const text = readFileSync(path.join(after, name), 'utf8')
      return /\.js$/.test(name)
        ? [...text.matchAll(/^configureOpentelemetry\([\s\S]*?^\}\)/gm)].map(([call]) => call)
        : []
    })
    expect(printed.map(([, call]) => call!.replaceAll('\n  + ', '\n'))).toEqual(setUps)
  })

  test('a project that was changed already has nothing left', () => {
    const { status, stdout } = migrate(after)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^Nothing to change: /)
  })
})

test('names each call of Sentry with what takes its place', () => {
  const { stdout } = migrate(path.join(EXAMPLES, 'sentry/before'))
  expect(stdout).toContain("- Sentry.captureException(new Error('no discount'))\n    reportError(error)")
  expect(stdout).toContain('- Sentry.setupExpressErrorHandler(app)\n    remove it')
})

test('a sample rate below 1 becomes a sampler that follows the parent', () => {
  const folder = project({
    'package.json': packageOf({ dependencies: { '@sentry/node': '11' } }),
    'instrument.js': "import * as Sentry from '@sentry/node'\nSentry.init({ tracesSampleRate: 0.2 })\n",
  })
  expect(migrate(folder).stdout).toContain("+   sampler: 'parentbased_traceidratio',\n  +   samplerArg: 0.2,\n")
})

test('finds calls in files that only import the set-up file', () => {
  const { stdout } = migrate(path.join(EXAMPLES, 'dd-trace/before'))
  expect(stdout).toContain("server.js:8\n  - tracer.trace('price'")
})

test('Dockerfiles and .env files: preloads and variables', () => {
  const folder = project({
    'package.json': packageOf({ dependencies: { 'dd-trace': '1' } }),
    Dockerfile: 'ENV NODE_OPTIONS="--import dd-trace/initialize.mjs"\n',
    '.env': 'DD_SERVICE=shop\nDD_ENV=production\n',
  })
  const { stdout } = migrate(folder)
  expect(stdout).toContain('+ ENV NODE_OPTIONS="--import uptrace-node/register"')
  expect(stdout).toContain('.env:1\n  - DD_SERVICE=shop\n    DD_SERVICE becomes OTEL_SERVICE_NAME')
  expect(stdout).toContain('DD_ENV becomes deployment.environment.name=… in OTEL_RESOURCE_ATTRIBUTES')
})

test.for([
  ['DD_ENV=production node app.js', 'OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=production node app.js'],
  [
    'npm run build && DD_SERVICE=shop DD_ENV="my prod" node app.js',
    'npm run build && OTEL_SERVICE_NAME=shop OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name="my prod" node app.js',
  ],
  [
    'cross-env DD_ENV=prod PORT=1 DD_VERSION=1,2 node app.js',
    'cross-env OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=prod,service.version=1%2C2 PORT=1 node app.js',
  ],
  [
    "DD_ENV=a node a.js; DD_ENV='b' node b.js",
    "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=a node a.js; OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name='b' node b.js",
  ],
  [
    'DD_ENV=$STAGE node app.js --port=1',
    'OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=$STAGE node app.js --port=1',
  ],
  ['A=1  B=2 node app.js', 'A=1  B=2 node app.js'],
])('the variables of a script: %s', ([before, after]) => {
  const folder = project({
    'package.json': packageOf({ dependencies: { 'dd-trace': '1' }, scripts: { start: before } }),
  })
  expect(migrate(folder, '--write').status).toBe(0)
  expect(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).scripts.start).toBe(after)
})

test('a folder that may not be read does not end the command', () => {
  const folder = project({ 'package.json': packageOf({ dependencies: { 'dd-trace': '1' } }) })
  symlinkSync('/nowhere', path.join(folder, 'broken'))
  mkdirSync(path.join(folder, 'closed'), { mode: 0o000 })
  expect(migrate(folder)).toMatchObject({ status: 0, stderr: '' })
})

test('a package that other code imports stays', () => {
  const folder = project({
    'package.json': packageOf({
      dependencies: { '@opentelemetry/sdk-node': '1', '@opentelemetry/semantic-conventions': '1' },
    }),
    'names.js': "import { ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions'\n",
  })
  migrate(folder, '--write')
  expect(Object.keys(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).dependencies)).toEqual([
    '@opentelemetry/api',
    '@opentelemetry/semantic-conventions',
    'uptrace-node',
  ])
})

test('indentation and the missing line end of package.json stay as they are', () => {
  const folder = project({ 'package.json': '{\n\t"name": "a",\n\t"dependencies": { "dd-trace": "1" }\n}' })
  migrate(folder, '--write')
  expect(readFileSync(path.join(folder, 'package.json'), 'utf8')).toMatch(/^\{\n\t"name": "a",\n[\s\S]*\}$/)
})

test('an address of an exporter becomes the option endpoint; a processor of the application stays', () => {
  const folder = project({
    'package.json': packageOf({ dependencies: { '@opentelemetry/sdk-node': '1' } }),
    'tracing.js': `const { NodeSDK } = require('@opentelemetry/sdk-node')
new NodeSDK({
  // a comment, with { a brace
  traceExporter: new OTLPTraceExporter({ url: 'http://collector:4318/v1/traces' }),
  spanProcessors: [new MyProcessor({ a: [1, 2], b: "}" })],
  metricReader: new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() }),
  sampler,
}).start()
`,
  })
  expect(migrate(folder).stdout).toContain(`  + configureOpentelemetry({
  +   endpoint: 'http://collector:4318',
  +   spanProcessors: [new MyProcessor({ a: [1, 2], b: "}" })],
  +   sampler,
  + })
    metricReader: batching and sending are built in
`)
})

test('tokens in the code are not printed', () => {
  const folder = project({
    'package.json': packageOf({ dependencies: { '@uptrace/node': '2' } }),
    'otel.js': "require('@uptrace/node').configureOpentelemetry({ dsn: 'https://sEcReTtOkEn@api.uptrace.dev' })\n",
  })
  const { stdout } = migrate(folder)
  expect(stdout).toContain("dsn: 'https://***@api.uptrace.dev'")
  expect(stdout).not.toContain('sEcReTtOkEn')
})

test.for([
  ['no package.json', {}, 1, /package\.json cannot be read/],
  ['broken JSON', { 'package.json': '{' }, 1, /package\.json cannot be read/],
] as const)('%s: code %3$s and why', ([, files, code, reason]) => {
  const folder = mkdtempSync(path.join(ROOT, '.cache/programs/migrate-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
  const result = migrate(folder)
  expect(result.status).toBe(code)
  expect(result.stderr).toMatch(reason)
})

test('wrong arguments: code 2 and the usage', () => {
  expect(migrate('.', '--wirte')).toMatchObject({ status: 2, stderr: expect.stringContaining('Usage:') })
})
