/** Names of variables that are nearly right are told, and others are left alone. */
import { expect, test } from 'vitest'
import { findMisspelt } from '../../src/config/misspelt.ts'
import { NOT_APPLICABLE, VARIABLES } from '../../src/config/variables.ts'

test.for([
  ['OTEL_EXPORTER_OTLP_TRACE_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
  ['OTEL_SERVICENAME', 'OTEL_SERVICE_NAME'],
  ['otel_service_name', 'OTEL_SERVICE_NAME'],
  ['UPTRACE_DNS', 'UPTRACE_DSN'],
  ['OTEL_TRACE_SAMPLER', 'OTEL_TRACES_SAMPLER'],
  ['OTEL_RESOURCE_ATTRIBUTE', 'OTEL_RESOURCE_ATTRIBUTES'],
] as const)('%s: %s is meant', ([given, meant]) => {
  expect(findMisspelt({ [given]: 'x' })).toEqual([[given, meant]])
})

test('what is known, of another program or far from any name is left alone', () => {
  const known = [...Object.keys(VARIABLES), ...Object.keys(NOT_APPLICABLE)]
  const others = [
    'PATH',
    'NODE_ENV',
    'SERVICE_NAME',
    'OTEL_GO_X_EXEMPLAR',
    'UPTRACE_CONFIG',
    'OTEL_',
    `OTEL_${'A'.repeat(5_000)}`,
  ]
  expect(findMisspelt(Object.fromEntries([...known, ...others].map((name) => [name, 'x'])))).toEqual([])
})

test('at most five are told', () => {
  const given = Array.from({ length: 50 }, (_, index) => [
    `OTEL_SERVICE_NAM${String.fromCharCode(70 + (index % 20))}`,
    'x',
  ])
  expect(findMisspelt(Object.fromEntries(given))).toHaveLength(5)
})
