/** The tracer gives the spans that the SDK's tracer gives, apart from what docs/tracer.md lists. */
import { emptyResource } from '@opentelemetry/resources'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOwnTracerProvider } from '../../../src/signals/traces/tracer-provider.ts'
import { programs, runProgram } from './programs.ts'

const resource = emptyResource()
const READS_ATTRIBUTES = ['attributes', 'mutating']

test('10,000 random programs give the spans of the SDK', { timeout: 300_000 }, () => {
  fc.assert(
    fc.property(programs, (program) => {
      const theirs = runProgram(
        program,
        ({ limits, ...setup }) => new TracerProvider({ ...setup, resource, spanLimits: limits }),
      )
      const ours = runProgram(program, (setup) => createOwnTracerProvider({ ...setup, resource }))
      expect(ours).toEqual(theirs)
      if (READS_ATTRIBUTES.includes(program.sampler)) return
      const trusting = runProgram(program, (setup) =>
        createOwnTracerProvider({ ...setup, resource, trustsSampler: true }),
      )
      expect(trusting).toEqual(theirs)
    }),
    { numRuns: 10_000 },
  )
})
