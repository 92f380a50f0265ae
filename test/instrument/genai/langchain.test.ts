/** LangChain with the models of its own test kit. */
import { expect, test } from 'vitest'
import { parentOf, runWays, spansOf } from '../ways.ts'

const BODY = `
const model = new kit.FakeListChatModel({ responses: ['secret answer', 'again'] }); const weather = tools.tool(async ({ city }) => { tracer.startSpan('in tool').end(); return 'sunny' }, { name: 'weather', description: 'd', schema: z.object({ city: z.string() }) })
const told = []; const callbacks = [{ handleChatModelStart: () => { told.push('model') } }]
await inSpan('request', async () => {
  print((await model.invoke('secret', { callbacks })).content); print(await weather.invoke({ city: 'secret' }))
  const chain = prompts.ChatPromptTemplate.fromTemplate('tell {what}').pipe(model).pipe((message) => message.content); print(await chain.invoke({ what: 'secret' })); const parts = []; for await (const part of await chain.stream({ what: 'secret' })) parts.push(part); print(parts)
  const broken = new kit.FakeListChatModel({ responses: ['x'], sleep: 0 }); broken._generate = async () => { throw new TypeError('no model') }; print(await broken.invoke('secret').catch((error) => error.message))
})
print(told); print(callbacks.length)
`
const LIBRARIES = [
  ['kit', '@langchain/core/utils/testing'],
  ['tools', '@langchain/core/tools'],
  ['prompts', '@langchain/core/prompts'],
  ['z', 'zod', 'z'],
] as const

test('models, tools and chains have spans without content, and the program is the same', async () => {
  for (const seen of (await runWays({ libraries: LIBRARIES, body: BODY })).values()) {
    const spans = spansOf(seen, 'uptrace-node/langchain')
    expect(spans.map((span) => `${span.name} < ${parentOf(seen, span)} ${span.status.code}`)).toEqual([
      'chat FakeListChatModel < request 0',
      'execute_tool weather < request 0',
      'chat FakeListChatModel < invoke_agent RunnableSequence 0',
      'invoke_agent RunnableSequence < request 0',
      'chat FakeListChatModel < invoke_agent RunnableSequence 0',
      'invoke_agent RunnableSequence < request 0',
      'chat FakeListChatModel < request 2',
    ])
    expect(spans.at(-1)!.attributes['error.type']).toBe('TypeError')
    expect(JSON.stringify(seen.spans)).not.toContain('secret')
  }
})
