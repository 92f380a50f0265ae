/** Generated apps of fastify: plugins with prefixes, hooks that answer early or fail, constraints, 404 handlers of their own. */
const { written } = require('./run.cjs')

/** Generated routes may be in each other's way. */
const REFUSED = /already declared|not allowed|Wildcard|conflict|must be|could not be empty/i

exports.load = () => require('fastify')

/** `app`: `{ options, routes, hooks, plugins: [the same with a prefix] }` */
exports.serve = (fastify) => async (spec) => {
  const app = fastify({ ...spec.options, exposeHeadRoutes: spec.exposeHeadRoutes })
  app.addHook('onSend', (request, reply, payload, done) => {
    reply.header(
      'x-seen',
      written(request.entered ?? request.routeOptions?.url, request.by ?? `status ${reply.statusCode}`),
    )
    done(null, payload)
  })
  try {
    addAll(app, spec)
    await app.listen({ port: 0, host: '127.0.0.1' })
  } catch (error) {
    if (!REFUSED.test(error.message)) throw error
    return undefined
  }
  return { server: app.server, close: () => app.close() }
}

function addAll(app, { hooks = [], routes = [], plugins = [], notFound, onError }) {
  if (notFound)
    app.setNotFoundHandler((request, reply) => {
      request.by = 'not found'
      reply.code(404).send('none')
    })
  if (onError)
    app.setErrorHandler((_, request, reply) => {
      request.by = 'error handler'
      reply.code(500).send('error')
    })
  for (const hook of hooks) app.addHook(hook.event, extend(hook))
  for (const route of routes)
    app.route({
      ...route.options,
      method: route.method,
      url: route.url,
      handler: handler(route.does),
      schema: route.schema,
    })
  for (const { prefix, ...inner } of plugins)
    app.register(
      async (own) => {
        addAll(own, inner)
      },
      { prefix },
    )
}

function handler(does) {
  return async (request, reply) => {
    request.by = does
    // the route stays what it is when its handler finds nothing
    request.entered = request.routeOptions.url
    switch (does) {
      case 'throw':
        throw new Error('thrown')
      case 'redirect':
        return reply.redirect('/elsewhere')
      case 'not found':
        reply.callNotFound()
        return reply
      case 'hijack':
        reply.hijack()
        reply.raw.setHeader('x-seen', written(request.routeOptions?.url, does))
        reply.raw.end('raw')
        return
      case 'later':
        await new Promise(setImmediate)
        return 'later'
      default:
        return 'ok'
    }
  }
}

function extend({ event, does }) {
  const act = (request, reply, done) => {
    if (!request.url.includes('b')) return done()
    if (does === 'error') return done(new Error(event))
    if (does !== 'answer') return done()
    request.by = event
    reply.code(401).send(event)
  }
  return event === 'preParsing' ? (request, reply, _payload, done) => act(request, reply, done) : act
}
