/** Sends the requests of each shape, and prints the answers and the trees of spans they made; order plays no part. */
const http = require('node:http')
const { collect } = require('./collect.cjs')
const shapesOf = require('./express-shapes.cjs')

let spans = []
let isAborted = false
collect.onEnd = (span) => spans.push(span)

exports.run = async (express, major) => {
  const results = {}
  for (const [name, shape] of Object.entries(shapesOf(express, major))) {
    const answers = await serve(shape)
    await new Promise((resolve) => setTimeout(resolve, 10))
    // of an aborted request upstream says that it went well
    isAborted = shape.requests.some((request) => request.startsWith('ABORT'))
    results[name] = { answers, trees: treesBelow(undefined) }
    spans = []
  }
  process.stdout.write(`RESULT ${JSON.stringify(results)}\n`)
}

async function serve({ app, requests, atOnce }) {
  const server = http.createServer(app()).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const closed = []
  server.on('request', (_request, response) => closed.push(new Promise((resolve) => response.once('close', resolve))))
  const agent = new http.Agent({ keepAlive: true })
  const answers = []
  if (atOnce) answers.push(...(await Promise.all(requests.map((request) => send(request, server, agent)))))
  else for (const request of requests) answers.push(await send(request, server, agent))
  await Promise.all(closed)
  agent.destroy()
  await new Promise((resolve) => server.close(resolve))
  return answers
}

function send(text, server, agent) {
  const [verb, path, ...body] = text.split(' ')
  const method = verb === 'ABORT' ? 'GET' : verb
  const headers = body.length > 0 ? { 'content-type': 'application/json' } : {}
  const { port } = server.address()
  return new Promise((resolve) => {
    const request = http.request({ host: '127.0.0.1', port, path, method, agent, headers }, (response) => {
      let answer = ''
      response.setEncoding('utf8').on('data', (part) => {
        answer += part
      })
      response.on('end', () => resolve(`${text}: ${response.statusCode} ${withOneFrame(answer).slice(0, 200)}`))
    })
    request.on('error', (error) => resolve(`${text}: ${error.code}`))
    request.end(body.join(' '))
    if (verb === 'ABORT') server.once('request', () => setImmediate(() => request.destroy()))
  })
}

/** After a timer some frames of Node itself follow, or not, as the timers of the moment have it. */
const withOneFrame = (answer) => answer.replace(/(<br> &nbsp; &nbsp;at [^<]*)(<br> &nbsp; &nbsp;at [^<]*)+/, '$1')

function treesBelow(parent) {
  const known = new Set(spans.map((span) => span.spanContext().spanId))
  return spans
    .filter(({ parentSpanContext: own }) => (parent ? own?.spanId === parent : !own || !known.has(own.spanId)))
    .map((span) => ({
      scope: `${span.instrumentationScope.name}@${span.instrumentationScope.version}`,
      kind: span.kind,
      // routes are another test's: upstream's are often wrong
      name: span.name.replace(/^([A-Z]+|request handler) .*/, '$1'),
      status: isAborted ? {} : span.status,
      isOrphan: !parent && span.parentSpanContext !== undefined,
      attributes: Object.fromEntries(
        Object.entries(span.attributes)
          .filter(([key]) => !key.endsWith('.port') && key !== 'http.route' && key !== 'express.name')
          .filter(([key]) => !isAborted || !/^error.type$|status_code$/.test(key))
          .map(([key, value]) => [
            key,
            key === 'url.full' || key.endsWith('host') ? String(value).replace(/:\d+/, '') : value,
          ])
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
      events: span.events.map(({ name, attributes }) => [
        name,
        { ...attributes, 'exception.stacktrace': Boolean(attributes?.['exception.stacktrace']) },
      ]),
      children: treesBelow(span.spanContext().spanId),
    }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}
