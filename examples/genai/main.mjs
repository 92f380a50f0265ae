// A model asked by openai's package, which calls a tool: the models' names and the tokens, and none of what was said. The server is a fake one in this process.

import { createServer } from 'node:http'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'genai-example' })
// openai is an ES module: it is imported once telemetry is there, or the program starts with --import uptrace-node/register
const { default: OpenAI } = await import('openai')

const call = { id: 'call-1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }
const server = createServer(async (request, response) => {
  const chunks = await Array.fromAsync(request)
  const { model, messages } = JSON.parse(Buffer.concat(chunks))
  const isAnswered = messages.at(-1).role === 'tool'
  const message = isAnswered ? { content: 'Take an umbrella.' } : { content: null, tool_calls: [call] }
  const choice = {
    index: 0,
    finish_reason: isAnswered ? 'stop' : 'tool_calls',
    message: { role: 'assistant', ...message },
  }
  const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ id: 'chat-1', object: 'chat.completion', created: 0, model, choices: [choice], usage }))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

const client = new OpenAI({ apiKey: 'none', baseURL: `http://127.0.0.1:${server.address().port}/v1` })
const model = 'gpt-5-mini'
const tools = [
  {
    type: 'function',
    function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  },
]

await withSpan('answer question', async (span) => {
  console.log(traceUrl(span))
  const messages = [{ role: 'user', content: 'Do I need an umbrella in Paris?' }]
  const asked = await client.chat.completions.create({ model, messages, tools })
  const [{ id, function: tool }] = asked.choices[0].message.tool_calls
  const content = await withSpan(`execute_tool ${tool.name}`, () => 'rain')
  messages.push(asked.choices[0].message, { role: 'tool', tool_call_id: id, content })
  const answer = await client.chat.completions.create({ model, messages, tools })
  console.log(answer.choices[0].message.content)
})

server.close()
server.closeAllConnections()
await shutdown()
