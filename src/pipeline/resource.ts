/** Builds the resource: what this process is, from the environment, detectors and options, each winning over the one before. */
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
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import type { DetectorName } from '../config/resolve.ts'
import { isComplete, loadLazily } from '../lazy.ts'
import { log } from '../log.ts'
import { DISTRO_NAME, VERSION } from '../version.ts'

export interface ResourceOptions {
  readonly resource: Resource | undefined
  readonly serviceName: string | undefined
  readonly serviceVersion: string | undefined
  readonly deploymentEnvironment: string | undefined
  readonly resourceAttributes: Attributes | undefined
  readonly resourceDetectors: readonly ResourceDetector[] | undefined
  /** Built-in detectors; `all` stands for every one. */
  readonly detectors: readonly DetectorName[]
}

/** Command lines hold passwords more often than insight. */
const SECRET_PRONE = ['process.command_args', 'process.command', 'process.command_line']

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
    ['serviceinstance', () => serviceInstanceIdDetector],
    // outside Linux there is no cgroup to read
    [
      'container',
      () =>
        process.platform === 'linux' && isComplete()
          ? loadLazily<typeof import('@opentelemetry/resource-detector-container')>('container').containerDetector
          : { detect: () => ({}) },
    ],
    ['env', () => envDetector],
  ]
  return all.filter(([name]) => names.includes('all') || names.includes(name)).map(([, create]) => create())
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
