/** Builds the resource: what this process is, from the environment, detectors and options, each winning over the one before. */

import { readFileSync } from 'node:fs'
import type { Attributes } from '@opentelemetry/api'
import {
  type DetectedResourceAttributes,
  defaultResource,
  detectResources,
  hostDetector,
  osDetector,
  processDetector,
  type Resource,
  type ResourceDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import type { DetectorName } from '../config/config.ts'
import type { Environment } from '../config/environment.ts'
import { hearRejection, messageOf } from '../errors.ts'
import { isComplete, loadLazily } from '../lazy.ts'
import { log } from '../log.ts'
import { DISTRO_NAME, VERSION } from '../version.ts'
import { maskArguments } from './resource/command-line.ts'
import { readDeclared } from './resource/declared.ts'
import { findIdentity, shareIdentity } from './resource/package-identity.ts'
import { detectAws, detectAzure, detectCommit, detectGcp, detectKubernetes } from './resource/platform.ts'

export interface ResourceOptions {
  readonly resource?: Resource | undefined
  readonly serviceName?: string | undefined
  readonly serviceVersion?: string | undefined
  readonly deploymentEnvironment?: string | undefined
  readonly resourceAttributes?: Attributes | undefined
  readonly resourceDetectors?: readonly ResourceDetector[] | undefined
  /** Built-in detectors; `all` stands for every one. */
  readonly detectors: readonly DetectorName[]
  /** Whether `NODE_ENV` names the environment where nothing else does. */
  readonly environmentFromNodeEnv?: boolean | undefined
  /** @default process.env */
  readonly env?: Environment
}

/** The resource for the case that the real one cannot be made. */
export const emptyResource: Resource = resourceFromAttributes({ 'service.name': 'unknown_service:node' })

export function createResource(options: ResourceOptions): Resource {
  if (options.resource) {
    const ignored = (
      ['serviceName', 'serviceVersion', 'deploymentEnvironment', 'resourceAttributes', 'resourceDetectors'] as const
    ).filter((name) => options[name] !== undefined)
    if (ignored.length > 0)
      log.warn(
        `the resource option replaces the whole resource; ${ignored.join(', ')} ${ignored.length > 1 ? 'are' : 'is'} ignored`,
      )
    return options.resource
  }
  const env = options.env ?? process.env
  const [own, declared, code] = [ownIdentity(options, env), readDeclared(env), codeAttributes(options)]
  const named = { ...own, ...declared, ...code }
  shareIdentity(named['service.name'], named['service.version'])
  return defaultResource()
    .merge(resourceFromAttributes(own))
    .merge(detectResources({ detectors: chooseDetectors(options.detectors, env).map(guard) }))
    .merge(resourceFromAttributes(declared))
    .merge(detectResources({ detectors: (options.resourceDetectors ?? []).map(guard) }))
    .merge(resourceFromAttributes(code))
}

/** What the program is when nobody says so. */
function ownIdentity({ environmentFromNodeEnv }: ResourceOptions, env: Environment): DetectedResourceAttributes {
  const found = findIdentity(env)
  const nodeEnv = environmentFromNodeEnv ? env.NODE_ENV?.trim() : undefined
  return {
    'service.name': env.AWS_LAMBDA_FUNCTION_NAME || found?.name || 'unknown_service:node',
    ...(found?.version && { 'service.version': found.version }),
    ...(nodeEnv && { 'deployment.environment.name': nodeEnv }),
    'telemetry.distro.name': DISTRO_NAME,
    'telemetry.distro.version': VERSION,
  }
}

function codeAttributes(options: ResourceOptions): DetectedResourceAttributes {
  const named = {
    'service.name': options.serviceName,
    'service.version': options.serviceVersion,
    'deployment.environment.name': options.deploymentEnvironment,
  }
  return {
    ...options.resourceAttributes,
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
  }
}

function chooseDetectors(names: readonly DetectorName[], env: Environment): ResourceDetector[] {
  if (names.includes('none')) return []
  const from = (detect: (env: Environment) => DetectedResourceAttributes): ResourceDetector => ({
    detect: () => ({ attributes: detect(env) }),
  })
  const all: Array<[DetectorName, () => ResourceDetector]> = [
    ['host', () => hostDetector],
    ['os', () => osDetector],
    ['process', () => from(detectProcess)],
    ['serviceinstance', () => from(() => ({ 'service.instance.id': instanceId }))],
    ['container', createContainerDetector],
    ['k8s', () => from(detectKubernetes)],
    ['aws', () => from(detectAws)],
    ['gcp', () => from(detectGcp)],
    ['azure', () => from(detectAzure)],
    ['vcs', () => from(detectCommit)],
  ]
  return all.filter(([name]) => names.includes('all') || names.includes(name)).map(([, create]) => create())
}

function detectProcess(): DetectedResourceAttributes {
  const attributes = processDetector.detect().attributes ?? {}
  const args = attributes['process.command_args']
  return Array.isArray(args) ? { ...attributes, 'process.command_args': maskArguments(args as string[]) } : attributes
}

/** Its code is loaded where there is something for it to find. */
function createContainerDetector(): ResourceDetector {
  return namesContainer() && isComplete()
    ? loadLazily<typeof import('@opentelemetry/resource-detector-container')>('container').containerDetector
    : { detect: () => ({}) }
}

/** One for the life of the process. The detector of OpenTelemetry loads node:crypto for it, which costs more than the rest of the resource. */
const instanceId = randomUuid()

/** Version 4; told apart, not kept secret, so that the engine's own generator will do. */
function randomUuid(): string {
  const hex = (length: number): string =>
    Math.floor(Math.random() * 16 ** length)
      .toString(16)
      .padStart(length, '0')
  const variant = (8 + Math.floor(Math.random() * 4)).toString(16)
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`
}

/** Whether one of the files that name the container of a process on Linux holds such an id. */
function namesContainer(): boolean {
  if (process.platform !== 'linux') return false
  return ['/proc/self/cgroup', '/proc/self/mountinfo'].some((file) => {
    try {
      return /[0-9a-f]{64}/.test(readFileSync(file, 'latin1'))
    } catch {
      return false
    }
  })
}

const warn = (error: unknown): void =>
  log.warn(`a resource detector failed (${messageOf(error)}); its attributes are missing`)

/** A detector that throws is left out instead of taking the application down. */
function guard(detector: ResourceDetector): ResourceDetector {
  return {
    detect(config) {
      try {
        const detected = detector.detect(config)
        hearRejection(detected, warn)
        return detected
      } catch (error) {
        warn(error)
        return {}
      }
    },
  }
}
