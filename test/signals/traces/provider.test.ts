/** The tracer provider: ids, the W3C random flag, baggage attributes, limits, the resource. */

import type { TracerProvider } from '@opentelemetry/api'
import { propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { emptyResource, resourceFromAttributes } from '@opentelemetry/resources'
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { createResource } from '../../../src/signals/resource.ts'
import { createIdGenerator } from '../../../src/signals/traces/id-generator.ts'
import { createTracerProvider, type TracesOptions } from '../../../src/signals/traces/provider.ts'
import { createSampler } from '../../../src/signals/traces/samplers.ts'

function create(options: Partial<TracesOptions> = {}): { provider: TracerProvider; exporter: InMemorySpanExporter } {
  const exporter = new InMemorySpanExporter()
  const provider = createTracerProvider({
    resource: emptyResource(),
    sampler: createSampler('parentbased_always_on', undefined),
    limits: {
      attributeCountLimit: undefined,
      attributeValueLengthLimit: undefined,
      eventCountLimit: undefined,
      linkCountLimit: undefined,
      attributePerEventCountLimit: undefined,
      attributePerLinkCountLimit: undefined,
    },
    idGenerator: undefined,
    spanProcessors: [],
    delivery: new SimpleSpanProcessor({ exporter }),
    baggageKeys: [],
    printsPretty: false,
    selfMetrics: undefined,
    ...options,
  })
  return { provider, exporter }
}

test('ids are valid, unique and random in every byte', () => {
  const ids = createIdGenerator()
  const traceIds = new Set(Array.from({ length: 100_000 }, () => ids.generateTraceId()))
  expect(traceIds.size).toBe(100_000)
  for (const id of [...traceIds].slice(0, 100)) expect(id).toMatch(/^[0-9a-f]{32}$/)
  expect(ids.generateSpanId()).toMatch(/^[0-9a-f]{16}$/)
  const firstBytes = new Set([...traceIds].slice(0, 5000).map((id) => id.slice(0, 2)))
  expect(firstBytes.size).toBe(256)
})

test.for([
  ['a root span starts with the random flag', undefined, 3],
  ['a remote parent with the flag keeps it', 3, 3],
  ['a remote parent without the flag does not get it', 1, 1],
] as const)('%s', ([, parentFlags, expected]) => {
  const { provider } = create()
  const context =
    parentFlags === undefined
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, {
          traceId: 'a'.repeat(32),
          spanId: 'b'.repeat(16),
          traceFlags: parentFlags,
          isRemote: true,
        })
  const span = provider.getTracer('t').startSpan('s', {}, context)
  const child = provider.getTracer('t').startSpan('c', {}, trace.setSpan(context, span))
  expect([span.spanContext().traceFlags, child.spanContext().traceFlags]).toEqual([expected, expected])
})

test('ids of the user are not claimed to be random', () => {
  const idGenerator = { generateTraceId: () => '1'.padStart(32, '0'), generateSpanId: () => '2'.padStart(16, '0') }
  expect(create({ idGenerator }).provider.getTracer('t').startSpan('s').spanContext().traceFlags).toBe(1)
})

test('only allowed baggage becomes attributes', () => {
  const { provider, exporter } = create({ baggageKeys: ['username'] })
  const baggage = propagation.createBaggage({ username: { value: 'donuts' }, secret: { value: 'x' } })
  provider.getTracer('t').startSpan('s', {}, propagation.setBaggage(ROOT_CONTEXT, baggage)).end()
  expect(exporter.getFinishedSpans()[0]?.attributes).toEqual({ username: 'donuts' })
})

const named = {
  resource: undefined,
  serviceName: undefined,
  serviceVersion: undefined,
  deploymentEnvironment: undefined,
  resourceAttributes: undefined,
  resourceDetectors: undefined,
  detectors: ['all'] as const,
}

test('the resource names service, host and process', async () => {
  const resource = createResource({
    ...named,
    serviceName: 'shop',
    serviceVersion: '2',
    deploymentEnvironment: 'prod',
    resourceAttributes: { 'service.name': 'loses', team: 'a' },
  })
  await resource.waitForAsyncAttributes?.()
  expect(resource.attributes).toMatchObject({
    'service.name': 'shop',
    'service.version': '2',
    'deployment.environment.name': 'prod',
    team: 'a',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.distro.name': 'uptrace-node',
    'process.pid': process.pid,
    'host.name': expect.any(String),
    'service.instance.id': expect.any(String),
  })
})

test('a resource of the user replaces everything', () => {
  const resource = resourceFromAttributes({ only: 'this' })
  expect(createResource({ ...named, resource, serviceName: 'ignored' })).toBe(resource)
})

test('a detector that throws costs its attributes only', () => {
  const broken = {
    detect: () => {
      throw new Error('no metadata')
    },
  }
  const resource = createResource({
    ...named,
    detectors: ['none'],
    resourceDetectors: [broken, { detect: () => ({ attributes: { a: 1 } }) }],
  })
  expect(resource.attributes.a).toBe(1)
})
