/** Who the process says it is: from its package, its environment and its platform. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Attributes } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import type { DetectorName } from '../../../src/config/resolve.ts'
import { createResource } from '../../../src/signals/resource.ts'
import { keepLogLines } from '../../support/log-lines.ts'

const lines = keepLogLines()

const NOTHING = {
  resource: undefined,
  serviceName: undefined,
  serviceVersion: undefined,
  deploymentEnvironment: undefined,
  resourceAttributes: undefined,
  resourceDetectors: undefined,
}

function attributes(env: Record<string, string>, detectors: DetectorName[] = ['all'], more = {}): Attributes {
  return createResource({ ...NOTHING, detectors, env, ...more }).attributes
}

describe('what the environment declares', () => {
  test.for<[string, Record<string, string>, Attributes, RegExp]>([
    [
      'a value that is no percent-encoding',
      { OTEL_RESOURCE_ATTRIBUTES: 'service.name=shop,note=a b%,team=a%20b' },
      { 'service.name': 'shop', team: 'a b' },
      /^OTEL_RESOURCE_ATTRIBUTES holds a value for note that is not valid percent-encoding; the pair is ignored$/,
    ],
    [
      'a pair without =',
      { OTEL_RESOURCE_ATTRIBUTES: 'team=a,nonsense', OTEL_SERVICE_NAME: 'shop' },
      { 'service.name': 'shop', team: 'a' },
      /holds a pair that is not key=value/,
    ],
    [
      'a pair without a key',
      { OTEL_RESOURCE_ATTRIBUTES: '=a,team=b', OTEL_SERVICE_NAME: 'shop' },
      { 'service.name': 'shop', team: 'b' },
      /without a usable key/,
    ],
    [
      'a value of 300 characters',
      { OTEL_RESOURCE_ATTRIBUTES: `team=a,long=${'x'.repeat(300)}`, OTEL_SERVICE_NAME: 'shop' },
      { 'service.name': 'shop', team: 'a', long: 'x'.repeat(300) },
      /has a value of 300 characters for long; it is kept/,
    ],
  ])('%s costs one line; the rest counts', ([, env, expected, line]) => {
    expect(attributes(env)).toMatchObject(expected)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(line)
  })

  test('OTEL_SERVICE_NAME goes before OTEL_RESOURCE_ATTRIBUTES, and code before both', () => {
    const env = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,service.version=1,k=v%2Cw', OTEL_SERVICE_NAME: 'b' }
    expect(attributes(env)).toMatchObject({ 'service.name': 'b', 'service.version': '1', k: 'v,w' })
    expect(attributes(env, ['all'], { serviceName: 'c' })).toMatchObject({ 'service.name': 'c' })
  })

  test.for<DetectorName>(['host', 'none', 'os'])('it counts whatever detectors are chosen: %s', (detector) => {
    const env = { OTEL_SERVICE_NAME: 'shop', OTEL_RESOURCE_ATTRIBUTES: 'team=a' }
    expect(attributes(env, [detector])).toMatchObject({ 'service.name': 'shop', team: 'a' })
  })

  test('entities give their attributes; resource attributes go before them', () => {
    const env = {
      OTEL_ENTITIES:
        'service{service.name=shop,service.instance.id=i%201}[service.version=2];host{host.id=h}@https://schema/1',
      OTEL_RESOURCE_ATTRIBUTES: 'service.version=3',
    }
    const expected = { 'service.name': 'shop', 'service.instance.id': 'i 1', 'service.version': '3', 'host.id': 'h' }
    expect(attributes(env)).toMatchObject(expected)
    expect(lines).toEqual([])
  })

  test.for(['service', 'service{}', '{a=b}', 'service{a=b', 'x{=1}'])(
    'a wrong entity (%s) is told and left out',
    (wrong) => {
      expect(attributes({ OTEL_ENTITIES: `${wrong};host{host.id=h}` })).toMatchObject({ 'host.id': 'h' })
      expect(lines.join()).toMatch(/OTEL_ENTITIES/)
    },
  )

  test('NODE_ENV is the environment where that is asked for and nothing else says so', () => {
    const env = { NODE_ENV: 'staging' }
    expect(attributes(env)).not.toHaveProperty('deployment.environment.name')
    expect(attributes(env, ['all'], { environmentFromNodeEnv: true })['deployment.environment.name']).toBe('staging')
    const both = { ...env, OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=live' }
    expect(attributes(both, ['all'], { environmentFromNodeEnv: true })['deployment.environment.name']).toBe('live')
  })
})

describe('what the platform says', () => {
  test.for<[string, Record<string, string>, Attributes]>([
    [
      'AWS Lambda',
      {
        AWS_LAMBDA_FUNCTION_NAME: 'f',
        AWS_LAMBDA_FUNCTION_VERSION: '7',
        AWS_REGION: 'eu-west-1',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/f',
        AWS_LAMBDA_LOG_STREAM_NAME: 's',
      },
      {
        'service.name': 'f',
        'cloud.provider': 'aws',
        'cloud.platform': 'aws_lambda',
        'cloud.region': 'eu-west-1',
        'faas.name': 'f',
        'faas.version': '7',
        'faas.max_memory': 134_217_728,
        'faas.instance': 's',
        'aws.log.group.names': ['/aws/lambda/f'],
      },
    ],
    [
      'AWS ECS',
      { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/x', AWS_REGION: 'r' },
      { 'cloud.provider': 'aws', 'cloud.platform': 'aws_ecs', 'cloud.region': 'r' },
    ],
    [
      'Cloud Run',
      { K_SERVICE: 's', K_REVISION: 's-1', K_CONFIGURATION: 's', GOOGLE_CLOUD_PROJECT: 'p' },
      {
        'cloud.provider': 'gcp',
        'cloud.platform': 'gcp_cloud_run',
        'faas.name': 's',
        'faas.version': 's-1',
        'cloud.account.id': 'p',
      },
    ],
    [
      'a job of Cloud Run',
      { CLOUD_RUN_JOB: 'j', CLOUD_RUN_EXECUTION: 'j-1', CLOUD_RUN_TASK_INDEX: '3' },
      {
        'cloud.platform': 'gcp_cloud_run',
        'faas.name': 'j',
        'gcp.cloud_run.job.execution': 'j-1',
        'gcp.cloud_run.job.task_index': 3,
      },
    ],
    [
      'Cloud Functions',
      { K_SERVICE: 's', K_REVISION: 's-1', FUNCTION_TARGET: 'handle' },
      { 'cloud.platform': 'gcp_cloud_functions' },
    ],
    [
      'App Engine',
      { GAE_SERVICE: 's', GAE_VERSION: '2', GAE_INSTANCE: 'i' },
      { 'cloud.platform': 'gcp_app_engine', 'faas.name': 's', 'faas.instance': 'i' },
    ],
    [
      'Azure App Service',
      {
        WEBSITE_SITE_NAME: 'w',
        REGION_NAME: 'West Europe',
        WEBSITE_SLOT_NAME: 'Production',
        WEBSITE_OWNER_NAME: 'sub+group',
        WEBSITE_RESOURCE_GROUP: 'g',
      },
      {
        'cloud.provider': 'azure',
        'cloud.platform': 'azure.app_service',
        'cloud.region': 'West Europe',
        'deployment.environment.name': 'Production',
        'cloud.resource_id': '/subscriptions/sub/resourceGroups/g/providers/Microsoft.Web/sites/w',
      },
    ],
    [
      'Azure Functions',
      { WEBSITE_SITE_NAME: 'w', FUNCTIONS_EXTENSION_VERSION: '~4', WEBSITE_MEMORY_LIMIT_MB: '1' },
      { 'cloud.platform': 'azure.functions', 'faas.name': 'w', 'faas.max_memory': 1_048_576 },
    ],
    ['Azure Container Apps', { CONTAINER_APP_NAME: 'c' }, { 'cloud.platform': 'azure.container_apps' }],
    [
      'Kubernetes',
      {
        KUBERNETES_SERVICE_HOST: '10.0.0.1',
        POD_NAME: 'p-1',
        POD_NAMESPACE: 'shop',
        NODE_NAME: 'n',
        K8S_POD_UID: 'u',
        K8S_CONTAINER_NAME: 'c',
      },
      {
        'k8s.pod.name': 'p-1',
        'k8s.namespace.name': 'shop',
        'k8s.node.name': 'n',
        'k8s.pod.uid': 'u',
        'k8s.container.name': 'c',
      },
    ],
    [
      'a commit of GitHub',
      { GITHUB_SHA: 'A94A8FE5CCB19BA61C4C0873D391E987982FBBD3' },
      { 'vcs.ref.head.revision': 'a94a8fe5ccb19ba61c4c0873d391e987982fbbd3' },
    ],
    ['a commit of GitLab', { GIT_COMMIT: 'main', CI_COMMIT_SHA: 'a94a8fe5' }, { 'vcs.ref.head.revision': 'a94a8fe5' }],
  ])('%s', ([, env, expected]) => {
    expect(attributes(env)).toMatchObject(expected)
    expect(Object.keys(attributes(env, ['os'])).filter((name) => /^(cloud|faas|k8s|vcs)\./.test(name))).toEqual([])
  })

  test('names of pods and nodes count inside of a cluster only', () => {
    const found = Object.keys(attributes({ NODE_NAME: 'jenkins', POD_NAME: 'x', NAMESPACE: 'y' }))
    expect(found.filter((name) => name.startsWith('k8s.'))).toEqual([])
  })

  test('an instance has one random id', () => {
    const id = attributes({})['service.instance.id']
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(attributes({})['service.instance.id']).toBe(id)
  })
})

describe('the name of a service that nobody named', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'identity-'))
  const source = path.join(import.meta.dirname, '../../../src/signals/resource.ts')
  const program = `
    const print = async () => {
      const { createResource } = await import(${JSON.stringify(source)})
      const { attributes } = createResource({ detectors: ['process'] })
      console.log(JSON.stringify([attributes['service.name'], attributes['service.version'], attributes['process.command_args']]))
    }
    `
  const write = (file: string, content: string): string => {
    const full = path.join(root, file)
    mkdirSync(path.dirname(full), { recursive: true })
    writeFileSync(full, content)
    return full
  }
  const run = (args: string[], options: { cwd?: string; env?: Record<string, string> } = {}): unknown[] => {
    const env = { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', ...options.env }
    const output = execFileSync(process.execPath, args, { encoding: 'utf8', cwd: options.cwd ?? root, env })
    return output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
  const identity = (args: string[], options = {}): unknown => (run(args, options)[0] as unknown[]).slice(0, 2)

  write('app/package.json', '{"name":"@acme/shop","version":"1.2.3"}')
  write('app/dist/package.json', '{"type":"commonjs"}')
  write('app/broken/package.json', '{"name":" "}')
  write('app/marked/package.json', '\ufeff{"name":"marked"}')
  write('app/index.js', `${program}print()`)
  const script = write('app/dist/main.js', `${program}print()`)
  const tool = write('app/node_modules/tool/bin.js', `${program}print()`)
  write('app/node_modules/tool/package.json', '{"name":"tool","version":"9.9.9"}')
  const globalTool = write('usr/lib/node_modules/cli/bin.js', `${program}print()`)
  write('usr/lib/node_modules/cli/package.json', '{"name":"cli"}')
  const alone = write('alone/main.js', `${program}print()`)
  symlinkSync(script, path.join(root, 'linked.js'))

  test.for<[string, string[], string, unknown[]]>([
    ['the nearest package.json with a name', [script], root, ['@acme/shop', '1.2.3']],
    [
      'a name that is none is passed over',
      [write('app/broken/x.js', `${program}print()`)],
      root,
      ['@acme/shop', '1.2.3'],
    ],
    ['a mark of byte order', [write('app/marked/x.js', `${program}print()`)], root, ['marked', null]],
    ['through a link', [path.join(root, 'linked.js')], root, ['@acme/shop', '1.2.3']],
    ['a folder as the program', ['.'], path.join(root, 'app'), ['@acme/shop', '1.2.3']],
    ['a tool that the application has installed', [tool], root, ['@acme/shop', '1.2.3']],
    ['a tool that is installed for all', [globalTool], root, ['cli', null]],
    ['no package at all', [alone], root, ['unknown_service:node', null]],
    [
      'code on the command line',
      ['-e', `${program}print()`, script],
      path.join(root, 'app'),
      ['unknown_service:node', null],
    ],
  ])('%s', ([, args, cwd, expected]) => {
    expect(identity(args, { cwd })).toEqual(expected)
  })

  test('the script that pm2 runs', () => {
    expect(identity([globalTool], { env: { pm_exec_path: script } })).toEqual(['@acme/shop', '1.2.3'])
  })

  test('node started by its path, and a cluster', () => {
    const cluster = write(
      'app/cluster.js',
      `${program}
      const cluster = require('node:cluster')
      print().then(() => { if (cluster.isPrimary) cluster.fork().on('exit', () => process.exit()); else process.exit() })`,
    )
    const seen = run([cluster]).map((line) => (line as unknown[])[0])
    expect(seen).toEqual(['@acme/shop', '@acme/shop'])
    const lonely = write(
      'alone/cluster.js',
      `${program}
      const cluster = require('node:cluster')
      print().then(() => { if (cluster.isPrimary) cluster.fork().on('exit', () => process.exit()); else process.exit() })`,
    )
    expect(run([lonely]).map((line) => (line as unknown[])[0])).toEqual([
      'unknown_service:node',
      'unknown_service:node',
    ])
  })

  test('the command line goes without its secrets', () => {
    const [line] = run([script, '--password', 'hunter2', '--url=redis://:pw@h', 'plain'])
    const args = (line as unknown[])[2] as string[]
    expect(args.slice(1)).toEqual([script, '--password', '***', '--url=redis://***@h', 'plain'])
  })
})
