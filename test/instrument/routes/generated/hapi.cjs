/** Generated apps of hapi: prefixes of plugins, hosts, parameters of all kinds, extension points that take over, refusals. */
const { written } = require('./run.cjs')

exports.load = () => require('@hapi/hapi')

/** `app`: `{ routes, plugins: [{ prefix, routes }], extensions: [{ event, does }], cors, isCaseSensitive, stripSlash }` */
exports.serve = (hapi) => async (spec) => {
  const server = hapi.server({
    port: 0,
    host: '127.0.0.1',
    debug: false,
    router: { isCaseSensitive: spec.isCaseSensitive, stripTrailingSlash: spec.stripSlash },
    routes: { cors: spec.cors },
  })
  server.auth.scheme('refuse', () => ({
    authenticate: (request, h) => {
      request.app.by = 'auth'
      return h.response('no').code(401).takeover()
    },
  }))
  server.auth.strategy('refuse', 'refuse')
  for (const extension of spec.extensions) server.ext(extension.event, extend(extension))
  server.ext('onPreResponse', (request, h) => {
    const { response, route } = request
    // what stands for no route at all
    const own = route.method === '_special' ? undefined : route.path
    const by = request.app.by ?? (response.isBoom ? `error ${response.output.statusCode}` : 'hapi')
    if (response.isBoom) response.output.headers['x-seen'] = written(own, by)
    else response.header('x-seen', written(own, by))
    return h.continue
  })
  addRoutes(server, spec.routes)
  for (const [index, { prefix, vhost, routes, inner }] of spec.plugins.entries())
    await server.register(
      {
        name: `plugin-${index}`,
        register: async (own) => {
          addRoutes(own, routes)
          if (inner)
            await own.register(
              { name: `inner-${index}`, register: (deep) => addRoutes(deep, inner.routes) },
              { routes: { prefix: inner.prefix } },
            )
        },
      },
      { routes: { prefix, ...(vhost && { vhost }) } },
    )
  await server.start()
  return { server: server.listener, close: () => server.stop({ timeout: 100 }) }
}

function addRoutes(server, routes) {
  for (const { method, path, does, vhost } of routes)
    try {
      server.route({ method, path, ...(vhost && { vhost }), ...acting(does) })
    } catch (error) {
      // generated routes may be in each other's way
      if (!/conflicts|Cannot|Invalid|must be/.test(error.message)) throw error
    }
}

function acting(does) {
  const answer = (request, h) => {
    request.app.by = does
    switch (does) {
      case 'throw':
        throw new Error('thrown')
      case 'redirect':
        return h.redirect('/elsewhere')
      case 'reject':
        return Promise.reject(new Error('rejected'))
      case 'later':
        return new Promise((resolve) => setImmediate(resolve, 'later'))
      default:
        return 'ok'
    }
  }
  const takeOver = (request, h) => {
    request.app.by = does
    return h.response('pre').takeover()
  }
  if (does === 'pre') return { handler: answer, options: { pre: [takeOver] } }
  if (does === 'auth') return { handler: answer, options: { auth: 'refuse' } }
  const refuse = () => Promise.reject(new Error('no'))
  if (does === 'invalid') return { handler: answer, options: { validate: { query: refuse } } }
  return { handler: answer }
}

function extend({ event, does }) {
  return (request, h) => {
    if (!request.path.includes('b')) return h.continue
    if (does === 'rewrite' && event === 'onRequest') request.setUrl('/a')
    if (does === 'throw') throw new Error('thrown')
    if (does !== 'answer') return h.continue
    request.app.by = event
    return h.response(event).takeover()
  }
}
