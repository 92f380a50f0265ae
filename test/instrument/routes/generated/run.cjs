/** Sends requests to generated apps of a framework, and compares what the app itself saw of its routes with the names of spans. */
const http = require('node:http')

const ended = []
exports.collector = {
  onStart() {},
  onEnd: (span) => ended.push(span),
  forceFlush: async () => {},
  shutdown: async () => {},
}

/**
 * `serve` makes an app of a case and gives its server, with `close`, or nothing where the
 * framework refuses the app. The app says by a header `x-seen` which route it saw;
 * without one the framework has answered, out of any route.
 */
exports.run = async (serve, cases) => {
  let requests = 0
  let refused = 0
  const wrong = []
  const reached = {}
  for (const one of cases) {
    const made = await serve(one.app)
    if (made === undefined) {
      refused++
      continue
    }
    const { server, close } = made
    for (const request of one.requests) {
      const [seen, span] = await ask(server, request)
      requests++
      reached[seen.by] = (reached[seen.by] ?? 0) + 1
      const [method] = request.split(' ')
      const expected = seen.route ? `${method} ${seen.route}` : method
      if (span.name !== expected || span.attributes['http.route'] !== (seen.route || undefined))
        wrong.push({ request, expected, got: span.name, by: seen.by, app: JSON.stringify(one.app) })
    }
    await close()
  }
  process.stdout.write(
    `RESULT ${JSON.stringify({ requests, refused, wrong: wrong.slice(0, 3), count: wrong.length, reached })}\n`,
  )
}

async function ask(server, request) {
  ended.length = 0
  const closed = new Promise((resolve) => server.once('request', (_, response) => response.once('close', resolve)))
  const seen = await send(request, server.address().port)
  await closed
  const spans = ended.filter(({ kind }) => kind === 1)
  if (spans.length !== 1) throw new Error(`${request}: ${spans.length} server spans`)
  return [seen, spans[0]]
}

function send(text, port) {
  const [method, path, host = 'shop.test'] = text.split(' ')
  return new Promise((resolve, reject) => {
    http
      .request({ host: '127.0.0.1', port, path, method, agent: false, headers: { host } }, (response) => {
        const seen = response.headers['x-seen']
        response
          .resume()
          .on('end', () => resolve(seen === undefined ? { by: 'framework' } : JSON.parse(decodeURIComponent(seen))))
      })
      .on('error', reject)
      .end()
  })
}

exports.written = (route, by) => encodeURIComponent(JSON.stringify({ route, by }))
