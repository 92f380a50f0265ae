/** `otelcol validate` accepts each Collector configuration of deploy/kubernetes and of the examples. */
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { validateCollector } from '../support/backends.ts'

const CONFIGS = path.join(import.meta.dirname, '../../deploy/kubernetes/collector')

describe('otelcol validate', () => {
  const env = { UPTRACE_DSN: 'https://token@host', NODE_NAME: 'node-1' }

  test.for([
    ['agent.yaml'],
    ['agent.yaml', 'kubernetes-attributes.yaml'],
    ['balancer.yaml'],
    ['sampler.yaml'],
    ['kafka-writer.yaml'],
    ['sampler.yaml', 'kafka-reader.yaml'],
    ['../../../examples/collector/config.yaml'],
  ])('%j', async (names) => {
    const files = names.map((name) => path.join(CONFIGS, name))
    expect(await validateCollector(files, env)).toEqual({ code: 0, output: '' })
  })

  test('says so where a key is wrong', async () => {
    const { code, output } = await validateCollector(
      [path.join(CONFIGS, 'agent.yaml'), 'yaml:processors::memory_limiter::limit_mb: 1'],
      env,
    )
    expect(code).toBe(1)
    expect(output).toContain('limit_mb')
  })
})
