/** Every span that ends is printed, whatever is in it. */
import { emptyResource } from '@opentelemetry/resources'
import { expect, test, vi } from 'vitest'
import { createPrettySpanExporter } from '../../src/signals/pretty-print.ts'
import { createSimpleProcessor } from '../../src/signals/traces/simple-processor.ts'
import { createOwnTracerProvider } from '../../src/signals/traces/tracer-provider.ts'
import { runSource } from '../support/run-node.ts'

test('a span with attributes of any kind', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const provider = createOwnTracerProvider({
    resource: emptyResource(),
    sampler: { shouldSample: () => ({ decision: 2 }) },
    spanProcessors: [createSimpleProcessor(createPrettySpanExporter())],
  })
  const attributes = { big: 2n ** 60n, inside: { big: [2n ** 61n] }, map: new Map([['a', 1]]), nan: Number.NaN }
  provider
    .getTracer('t')
    .startSpan('hello', { attributes: attributes as never })
    .addEvent('event', { n: 1 })
    .end()
  await provider.shutdown()
  provider.getTracer('t').startSpan('after shutdown').end()
  const printed = write.mock.calls.map(([text]) => String(text)).join('')
  write.mockRestore()
  expect(printed).toMatch(/^span hello \[internal\]/)
  expect(printed).toContain('big="1152921504606846976"')
  expect(printed).toContain('map={"a":1}')
  expect(printed).toContain('event event {"n":1}')
  expect(printed).not.toContain('after shutdown')
})

test('names, keys and bodies neither steer the terminal nor begin a line of their own', async () => {
  const { code, stdout, stderr } = await runSource(
    'cjs',
    `const { configureOpentelemetry, shutdown, withSpan } = require('uptrace-node')
    const { logs } = require('@opentelemetry/api-logs')
    configureOpentelemetry({ backend: 'console', metricsEnabled: false, runtimeMetrics: false })
    withSpan('x\\u001b[2J\\nspan forged', (span) => {
      span.setAttribute('k\\u009b2J\\nforged', '\\u001b[2J').addEvent('e\\r').setAttribute('none', -Infinity)
      span.setStatus({ code: 2, message: 'bad\\u0007' })
    })
    const logger = logs.getLogger('l')
    logger.emit({ body: 'first\\u001b[2J\\nlog forged' })
    logger.emit({ severityText: 'WARN' })
    shutdown()`,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^span x\\x1b\[2J\\x0aspan forged \[internal\] [\d.]+ms ERROR \(bad\\x07\)$/m)
  expect(stdout).toMatch(/^ {2}k\\x9b2J\\x0aforged="\\u001b\[2J"$/m)
  expect(stdout).toMatch(/^ {2}none="-Infinity"$/m)
  expect(stdout).toMatch(/^ {2}event e\\x0d \{\}$/m)
  expect(stdout).toMatch(/^log {2}first\\x1b\[2J$/m)
  expect(stdout).toMatch(/^ {2}log forged$/m)
  expect(stdout).toMatch(/^log WARN $/m)
})
