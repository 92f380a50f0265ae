/** Baggage that came with a message, and goes on with the requests made in its context. */
import { describe, expect, test } from 'vitest'
import { importsOf, preloaded, run, withSink } from './support.ts'

/** Takes a message with these headers, calls a server in its context in several ways, and prints what came there. */
const consume = (headers: string, before = ''): string => `${importsOf('mjs')} import http from 'node:http'
  ${before}
  const seen = []
  const server = http.createServer((request, response) => { seen.push(request.headers.baggage ?? '-', request.headers.traceparent ? 'trace' : '-'); response.end() }).listen(0, async () => {
    const url = 'http://127.0.0.1:' + server.address().port
    await api.context.with(api.propagation.extract(api.ROOT_CONTEXT, ${headers}), async () => {
      await (await fetch(url)).text()
      await new Promise((resolve, reject) => http.get(url, { agent: false }, (answer) => answer.resume().on('end', resolve)).on('error', reject))
    })
    console.log(JSON.stringify(seen)); server.close()
  })`

describe.concurrent('W1', () => {
  test.for<[string, string, string]>([
    ['a property beyond ASCII', `{ baggage: 'a=1;p=€' }`, 'a=1;p=%E2%82%AC'],
    ['a line end in a property', `{ baggage: 'a=1;p=x\\r\\nevil: 1' }`, 'a=1;p=x%0D%0Aevil:%201'],
    ['an emoji in a property', `{ baggage: 'a=1;p=😀,b=2' }`, 'a=1;p=%F0%9F%98%80,b=2'],
    ['a NUL in a property', `{ baggage: 'a=1;p=x\\0y' }`, 'a=1;p=x%00y'],
  ])('W1 · %s of a message ends no program, and goes on encoded', ([, headers, right]) =>
    withSink(async (sink) => {
      const { code, stdout } = await run('mjs', consume(headers), preloaded(sink))
      expect({ code, seen: stdout && JSON.parse(stdout) }).toEqual({ code: 0, seen: [right, 'trace', right, 'trace'] })
    }),
  )

  test.for<[string, string]>([
    ['writes what no header may hold', `setter.set(carrier, 'x-own', '€')`],
    ['writes a name that no header may have', `setter.set(carrier, 'no name', '1')`],
    ['throws', `throw new Error('broken')`],
  ])("W1 · a propagator of the program's own that %s ends no request", ([, inject]) =>
    withSink(async (sink) => {
      const before = `configureOpentelemetry({ endpoint: '${sink.url}', textMapPropagator: { inject(context, carrier, setter) { ${inject} }, extract: (context) => context, fields: () => [] } })`
      const { code, stdout } = await run('mjs', consume('{}', before))
      expect({ code, stdout }).toEqual({ code: 0, stdout: '["-","-","-","-"]\n' })
    }),
  )
})

describe.concurrent('W2', () => {
  const HALF = '%EF%BF%BD'
  test.for<[string, Record<string, string>, string, string]>([
    [
      'baggage alone, a value that ends in half an emoji',
      { OTEL_PROPAGATORS: 'baggage' },
      `a: { value: 'x\\uD83D' }, b: { value: '2' }`,
      `a=x${HALF},b=2`,
    ],
    [
      'baggage alone, the second half',
      { OTEL_PROPAGATORS: 'baggage' },
      `a: { value: '\\uDE00x' }, b: { value: '2' }`,
      `a=${HALF}x,b=2`,
    ],
    ['the default pair', {}, `a: { value: 'x\\uD83D' }, b: { value: '2' }`, `a=x${HALF},b=2`],
    [
      'half an emoji in the middle of the second entry',
      {},
      `a: { value: '1' }, b: { value: 'x\\uD83Dy' }`,
      `a=1,b=x${HALF}y`,
    ],
  ])('W2 · %s: it is U+FFFD, and the rest is kept', ([, env, entries, right]) =>
    withSink(async (sink) => {
      const source = `${importsOf('mjs')} import http from 'node:http'
        const server = http.createServer((request, response) => response.end(request.headers.baggage)).listen(0, async () => {
          const baggage = api.propagation.createBaggage({ ${entries} })
          await api.context.with(api.propagation.setBaggage(api.ROOT_CONTEXT, baggage), async () => console.log(await (await fetch('http://127.0.0.1:' + server.address().port)).text()))
          server.close()
        })`
      const { code, stdout } = await run('mjs', source, preloaded(sink, '--import', env))
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${right}\n` })
    }),
  )
})
