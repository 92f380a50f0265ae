/** Builds the resource: what this process is, from the environment, detectors and options, each winning over the one before. */
import { readFileSync } from 'node:fs'
import type { Attributes } from '@opentelemetry/api'
import {
  type DetectedResourceAttributes,
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  type Resource,
  type ResourceDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import type { DetectorName } from '../config/resolve.ts'
import { isComplete, loadLazily } from '../lazy.ts'
import { log } from '../log.ts'
import { DISTRO_NAME, VERSION } from '../version.ts'

export interface ResourceOptions {
  readonly resource?: Resource | undefined
  readonly serviceName?: string | undefined
  readonly serviceVersion?: string | undefined
  readonly deploymentEnvironment?: string | undefined
  readonly resourceAttributes?: Attributes | undefined
  readonly resourceDetectors?: readonly ResourceDetector[] | undefined
  /** Built-in detectors; `all` stands for every one. */
  readonly detectors: readonly DetectorName[]
}

/** Command lines hold passwords more often than insight. */
const SECRET_PRONE = ['process.command_args', 'process.command', 'process.command_line']

/** For the case that the real one cannot be made. */
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
  return defaultResource()
    .merge(resourceFromAttributes({ 'telemetry.distro.name': DISTRO_NAME, 'telemetry.distro.version': VERSION }))
    .merge(detectResources({ detectors: chooseDetectors(options.detectors).map(guard) }))
    .merge(detectResources({ detectors: (options.resourceDetectors ?? []).map(guard) }))
    .merge(resourceFromAttributes(codeAttributes(options)))
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

function chooseDetectors(names: readonly DetectorName[]): ResourceDetector[] {
  if (names.includes('none')) return []
  const all: Array<[DetectorName, () => ResourceDetector]> = [
    ['host', () => hostDetector],
    ['os', () => osDetector],
    [
      'process',
      () => ({ detect: () => ({ attributes: without(processDetector.detect().attributes ?? {}, SECRET_PRONE) }) }),
    ],
    ['serviceinstance', () => instanceIdDetector],
    // its code is loaded where there is something for it to find
    [
      'container',
      () =>
        namesContainer() && isComplete()
          ? loadLazily<typeof import('@opentelemetry/resource-detector-container')>('container').containerDetector
          : { detect: () => ({}) },
    ],
    ['env', () => envDetector],
  ]
  return all.filter(([name]) => names.includes('all') || names.includes(name)).map(([, create]) => create())
}

/** The detector of OpenTelemetry loads node:crypto for its UUID, which costs more than the rest of the resource. */
const instanceIdDetector: ResourceDetector = { detect: () => ({ attributes: { 'service.instance.id': instanceId } }) }
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

/** A detector that throws is left out instead of taking the application down. */
function guard(detector: ResourceDetector): ResourceDetector {
  return {
    detect(config) {
      try {
        return detector.detect(config)
      } catch (error) {
        log.warn(
          `a resource detector failed (${error instanceof Error ? error.message : String(error)}); its attributes are missing`,
        )
        return {}
      }
    },
  }
}

function without(attributes: DetectedResourceAttributes, names: readonly string[]): DetectedResourceAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)))
}
