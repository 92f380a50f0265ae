/** Builds generated Express apps, sends them requests, and compares what the app itself sees of its routes with the spans. */
const http = require('node:http')

const ended = []
exports.collector = {
  onStart() {},
  onEnd: (span) => ended.push(span),
  forceFlush: async () => {},
  shutdown: async () => {},
}

/** `cases`: `{ routers, requests }` each, where the first router is the app. Prints those requests that were named otherwise. */
exports.run = async (express, cases) => {
  let requests = 0
  const wrong = []
  const reached = {}
  for (const one of cases) {
    for (const { request, seen, span } of await serve(one, express)) {
      requests++
      reached[seen.by] = (reached[seen.by] ?? 0) + 1
      const [method] = request.split(' ')
      // Express answers these itself, out of the router that knows the path
      if (method === 'OPTIONS' && seen.by === 'express') continue
      const expected = seen.route ? `${method} ${seen.route}` : method
      if (span.name !== expected || span.attributes['http.route'] !== (seen.route || undefined))
        wrong.push({
          request,
          expected,
          got: span.name,
          route: span.attributes['http.route'],
          one: JSON.stringify(one),
        })
    }
  }
  process.stdout.write(
    `RESULT ${JSON.stringify({ requests, wrong: wrong.slice(0, 3), count: wrong.length, reached })}\n`,
  )
}

async function serve({ routers, requests }, express) {
  const server = http.createServer(build(routers, express)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const results = []
  for (const request of requests) {
    const closed = new Promise((resolve) => server.once('request', (_, response) => response.once('close', resolve)))
    ended.length = 0
    const seen = await send(request, server.address().port)
    await closed
    results.push({ request, seen, span: ended.find(({ kind }) => kind === 1) })
  }
  await new Promise((resolve) => server.close(resolve))
  return results
}

function send(text, port) {
  const [method, path] = text.split(' ')
  return new Promise((resolve, reject) => {
    http
      .request({ host: '127.0.0.1', port, path, method, agent: false }, (response) => {
        response.resume().on('end', () => resolve(JSON.parse(decodeURIComponent(response.headers['x-seen'] ?? '{}'))))
      })
      .on('error', reject)
      .end()
  })
}

/** Routers only mount those after them, and may be mounted in several places. */
function build(specs, express) {
  const made = []
  for (let index = specs.length - 1; index >= 0; index--) {
    const isApp = index === 0 || specs[index].isApp
    const { mergeParams, caseSensitive, strict } = specs[index]
    const router = isApp ? express() : express.Router({ mergeParams, caseSensitive, strict })
    if (isApp) {
      router.set('env', 'test')
      router.set('case sensitive routing', caseSensitive)
      router.set('strict routing', strict)
    }
    made[index] = router
    if (index === 0) router.use(begin)
    for (const layer of specs[index].layers) add(router, layer, made, express)
  }
  made[0].use((request, response) => answer(request, response, 404, request.matched, 'none'))
  made[0].use((_error, request, response, _next) => answer(request, response, 500, request.matched, 'error'))
  return made[0]
}

function begin(request, response, next) {
  request.bases = { '': '' }
  say(response, undefined, 'express')
  next()
}

function match(request, response) {
  request.matched = join(request.bases[request.baseUrl], String(request.route.path)) || '/'
  say(response, request.matched, 'express')
}

/** Where nobody answers, Express does, with the headers that are there. */
function say(response, route, by) {
  response.setHeader('x-seen', encodeURIComponent(JSON.stringify({ route, by })))
}

function add(router, layer, made) {
  const path = layer.path === undefined ? undefined : pathOf(layer.path)
  switch (layer.type) {
    case 'mount': {
      const target = made[layer.target]
      if (target === undefined) return
      // which mount led to this part of the URL, as the app notes it itself
      const note = (request, _response, next) => {
        request.bases[request.baseUrl] = join(outerOf(request), ownOf(layer.path, request))
        next()
      }
      if (path === '/') router.use(target)
      else router.use(mark).use(path, note, target)
      return
    }
    case 'use':
      if (path === '/') router.use(middleware(layer.does))
      else router.use(mark).use(path, middleware(layer.does, layer.path))
      return
    case 'param':
      router.param('p1', (request, response, next, value) => {
        if (!layer.refuses || value !== 'a') return next()
        // a route has matched when its parameters are looked at; a mount has not
        if (request.route && request.route !== request.seen) match(request, response)
        next(new Error('refused'))
      })
      return
    case 'route':
      router[layer.method](path, ...layer.handlers.map(handler))
      return
    case 'chain': {
      const route = router.route(path)
      for (const [index, does] of layer.handlers.entries()) route[layer.methods[index]]([handler(does)])
      return
    }
    case 'error':
      router.use((error, request, response, next) =>
        layer.passes
          ? next(error)
          : answer(request, response, 500, request.matched ?? request.bases[request.baseUrl], 'error'),
      )
  }
}

function handler(does) {
  const handle = (request, response, next) => {
    request.seen = request.route
    match(request, response)
    act(does, request, response, next, () => request.matched)
  }
  if (!does.startsWith('async')) return handle
  return async (request, response, next) => {
    await null
    return handle(request, response, next)
  }
}

function middleware(does, path) {
  return (request, response, next) => {
    const here = path === undefined ? request.bases[request.baseUrl] : join(outerOf(request), ownOf(path, request))
    act(does, request, response, next, () => request.matched ?? here)
  }
}

function act(does, request, response, next, route) {
  switch (does) {
    case 'next':
    case 'async next':
      return next()
    case 'later':
      return setImmediate(next)
    case 'route':
    case 'router':
      return next(does)
    case 'error':
    case 'async error':
      return next(new Error('handed on'))
    case 'throw':
    case 'async throw':
      throw new Error('thrown')
    case 'redirect':
      say(response, route(), does)
      return response.redirect('elsewhere')
    default:
      answer(request, response, 200, route(), does)
  }
}

function answer(_request, response, status, route, by) {
  if (response.headersSent) return
  response.statusCode = status
  say(response, route, by)
  response.end()
}

/** Notes where a router itself is, for the layer after this one. */
function mark(request, _response, next) {
  request.outerBase = request.baseUrl
  next()
}

const outerOf = (request) => request.bases[request.outerBase]

function ownOf(path, request) {
  if (!Array.isArray(path)) return String(pathOf(path))
  const own = request.baseUrl.slice(request.outerBase.length)
  return path.find((one) => one.toLowerCase() === own.toLowerCase()) ?? path.find((one) => one.includes(':'))
}

/** Regular expressions are given as `re:source`. */
function pathOf(path) {
  if (Array.isArray(path)) return path.map(pathOf)
  return path.startsWith('re:') ? new RegExp(path.slice(3)) : path
}

function join(outer, own) {
  if (own === '/' || own === '') return outer
  // what matched loses the slash at its end in `baseUrl`
  return `${outer.replace(/\/$/, '')}${own}`.replace(/\/{2,}/g, '/')
}
