/** What a back end answers is read with care: counts that are none, and texts that steer a terminal or look like lines of ours. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { importsOf, linesOf, run } from './support.ts'

interface Answer {
  readonly status?: number
  readonly body: unknown
}

/** A program that makes five spans twice, each time with this answer, and prints its counts. */
async function sendTo({ status = 200, body }: Answer) {
  const server = createServer((request, response) => {
    request
      .resume()
      .on('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const source = `${importsOf('mjs')}
    const telemetry = configureOpentelemetry({ endpoint: 'http://127.0.0.1:${(server.address() as AddressInfo).port}', metricsEnabled: false, loggingEnabled: false })
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 5; index++) api.trace.getTracer('t').startSpan('s').end()
      await forceFlush()
    }
    console.log(JSON.stringify(telemetry.health().signals.traces)); process.exit()`
  const result = await run('mjs', source)
  server.closeAllConnections()
  server.close()
  return { ...result, traces: JSON.parse(result.stdout) }
}

describe.concurrent('C18', () => {
  test.for<[string, unknown]>([
    ['a word', 'many'],
    ['a negative number', -3],
    ['a negative number as text', '-3'],
    ['a fraction', 1.5],
    ['an object', { count: 3 }],
  ])('C18 · a partial success whose count is %s is ignored, with one line', async ([, rejectedSpans]) => {
    const result = await sendTo({ body: { partialSuccess: { rejectedSpans } } })
    expect(result.traces).toMatchObject({ created: 10, delivered: 10, dropped: {}, queued: 0 })
    expect(linesOf(result)).toHaveLength(1)
  })

  const HOSTILE = {
    'an escape and a line of its own': '\x1b[31mred\x1b]0;title\x07\nuptrace: a forged line',
    'a carriage return': 'gone\ruptrace: a forged line',
    'a control character of eight bits': '\x9b31mred \x85uptrace: a forged line',
    'separators and marks of Unicode': '\u2028uptrace: a forged line \u202egnirts\u2066',
  }
  test.for(Object.entries(HOSTILE))('C18 · a message with %s is one clean line', async ([, text]) => {
    const answers = [
      { body: { partialSuccess: { rejectedSpans: 1, errorMessage: text } } },
      { status: 400, body: { message: text } },
    ]
    for (const result of await Promise.all(answers.map(sendTo))) {
      expect(result.stderr).toMatch(/^uptrace: [^\n]+\n$/)
      for (const printed of [result.stderr.trimEnd(), result.traces.lastError])
        expect(printed).not.toMatch(/[\p{Cc}\u2028\u2029\u202e\u2066]/u)
    }
  })
})
