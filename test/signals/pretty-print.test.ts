/** Every span that ends is printed, whatever is in it. */
import { emptyResource } from '@opentelemetry/resources'
import { expect, test, vi } from 'vitest'
import { createPrettySpanExporter } from '../../src/signals/pretty-print.ts'
import { createSimpleProcessor } from '../../src/signals/traces/simple-processor.ts'
import { createOwnTracerProvider } from '../../src/signals/traces/tracer-provider.ts'

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
