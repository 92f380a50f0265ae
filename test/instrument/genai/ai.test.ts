/** ai (Vercel's AI SDK) with a model of its own test kit. */
import { expect, test } from 'vitest'
import { parentOf, runWays, spansOf } from '../ways.ts'

const BODY = `
const { generateText, streamText, embed, tool } = ai; let count = 0; const usage = { inputTokens: { total: 10 }, outputTokens: { total: 5 } }
const model = new kit.MockLanguageModelV4({ provider: 'openai.chat', modelId: 'gpt-x',
  doGenerate: async () => { tracer.startSpan('asked').end(); return count++ === 0 ? { content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: '{"city":"secret"}' }], finishReason: { unified: 'tool-calls', raw: 'x' }, usage, warnings: [] } : { content: [{ type: 'text', text: 'secret answer' }], finishReason: { unified: 'stop', raw: 'x' }, usage, warnings: [], response: { id: 'r1', modelId: 'gpt-x-1' } } },
  doStream: async () => ({ stream: new ReadableStream({ start(c) { for (const part of [{ type: 'stream-start', warnings: [] }, { type: 'text-start', id: '1' }, { type: 'text-delta', id: '1', delta: 'secret' }, { type: 'text-end', id: '1' }, { type: 'finish', finishReason: { unified: 'stop', raw: 'x' }, usage }]) c.enqueue(part); c.close() } }) }) })
await inSpan('request', async () => {
  const { text, steps } = await generateText({ model, prompt: 'secret', temperature: 0.5, telemetry: { functionId: 'forecast' }, tools: { weather: tool({ inputSchema: z.object({ city: z.string() }), execute: async () => { tracer.startSpan('in tool').end(); return 'sunny' } }) }, stopWhen: () => count > 1 }); print([text, steps.length])
  for await (const part of streamText({ model, prompt: 'secret' }).textStream) print(part)
  print(await generateText({ model: new kit.MockLanguageModelV4({ provider: 'p', modelId: 'm', doGenerate: async () => { throw new TypeError('no model') } }), prompt: 'secret', maxRetries: 0 }).catch((error) => error.message))
})
`
const LIBRARIES = [
  ['ai', 'ai'],
  ['kit', 'ai/test'],
  ['z', 'zod', 'z'],
] as const

test('calls, tools and generations have spans without content, and the program is the same', async () => {
  for (const seen of (await runWays({ libraries: LIBRARIES, body: BODY })).values()) {
    const spans = spansOf(seen, 'uptrace-node/ai')
    const shape = spans.map((span) => `${span.name} < ${parentOf(seen, span)} ${span.status.code}`)
    expect(shape).toEqual(
      expect.arrayContaining([
        'chat gpt-x < invoke_agent forecast 0',
        'execute_tool weather < invoke_agent forecast 0',
        'invoke_agent forecast < request 0',
        'chat gpt-x < invoke_agent 0',
        'invoke_agent < request 0',
        'chat m < invoke_agent 2',
        'invoke_agent < request 2',
      ]),
    )
    expect(spans).toHaveLength(8)
    expect(spans.find(({ attributes }) => attributes['gen_ai.response.id'] === 'r1')!.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-x',
      'gen_ai.request.temperature': 0.5,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'r1',
      'gen_ai.response.model': 'gpt-x-1',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 5,
      ...spans.find(({ attributes }) => attributes['gen_ai.response.id'] === 'r1')!.attributes,
    })
    for (const [inner, outer] of [
      ['asked', 'chat gpt-x'],
      ['in tool', 'execute_tool weather'],
    ])
      expect(parentOf(seen, seen.spans.find(({ name }) => name === inner)!)).toBe(outer)
    expect(JSON.stringify(seen.spans)).not.toContain('secret')
  }
})

test('content is on the spans where the environment asks for it', async () => {
  const run = { env: { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' } }
  const seen = (await runWays({ libraries: LIBRARIES, body: BODY, run, ways: ['mjs'] })).get('mjs')!
  const chat = spansOf(seen, 'uptrace-node/ai').find(({ attributes }) => attributes['gen_ai.response.id'] === 'r1')!
  expect(chat.attributes['gen_ai.input.messages']).toContain('secret')
  expect(chat.attributes['gen_ai.output.messages']).toContain('secret answer')
})
