/** Generated apps of koa: routers in routers and beside each other, with prefixes and hosts, `all`, `allowedMethods`, redirects. */
const { written } = require('./run.cjs')

exports.load = () => ({ Koa: require('koa'), Router: require('@koa/router').Router })

/** `app`: `{ routers }`; each mounts only those after it, and the first ones are those of the app. */
exports.serve =
  ({ Koa, Router }) =>
  async ({ routers, top, methods }) => {
    const app = new Koa()
    app.silent = true
    app.use(async (context, next) => {
      try {
        await next()
      } catch (error) {
        context.status = error.status ?? 500
        context.state.by = 'error'
      }
      const { by = 'none', route } = context.state
      context.set('x-seen', written(route, by))
    })
    const made = []
    for (let index = routers.length - 1; index >= 0; index--) made[index] = build(routers[index], made, Router)
    for (const router of made.slice(0, top)) {
      app.use(router.routes())
      if (methods) app.use(router.allowedMethods())
    }
    const server = app.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    return { server, close: () => new Promise((resolve) => server.close(resolve)) }
  }

function build({ prefix, host, layers }, made, Router) {
  const router = new Router({ ...(prefix && { prefix }), ...(host && { host }) })
  for (const layer of layers) add(router, layer, made)
  return router
}

function add(router, layer, made) {
  switch (layer.type) {
    case 'mount': {
      const inner = made[layer.target]
      if (inner === undefined) return
      try {
        if (layer.path) router.use(layer.path, inner.routes())
        else router.use(inner.routes())
      } catch (error) {
        // the router can't put middleware with a path below a parameter
        if (error.name !== 'TypeError' && error.constructor.name !== 'PathError') throw error
      }
      return
    }
    case 'use':
      if (layer.path) router.use(layer.path, middleware(layer.does))
      else router.use(middleware(layer.does))
      return
    case 'redirect':
      router.redirect(layer.path, layer.to)
      // a redirection is a route like others, whose handler is the router's own
      router.stack.at(-1).stack.unshift(handler('next'))
      return
    default: {
      const path = layer.isPattern ? new RegExp(layer.path) : layer.path
      router[layer.method](path, ...layer.handlers.map(handler))
    }
  }
}

/** The router tells a handler the path that it stands for; the last one that was entered has the request. */
function handler(does) {
  return async (context, next) => {
    const { routerPath } = context
    context.state.route = String(routerPath)
    switch (does) {
      case 'next':
        return next()
      case 'throw':
        throw new Error('thrown')
      case 'refuse':
        return context.throw(403)
      case 'redirect':
        context.redirect('/elsewhere')
        break
      case 'later':
        await new Promise(setImmediate)
        context.body = 'later'
        break
      default:
        context.body = 'ok'
    }
    context.state.by = does
  }
}

/** It stands before the route that the router has chosen, or behind those that were entered. */
function middleware(does) {
  return async (context, next) => {
    if (does === 'next') return next()
    context.state.route = routeAhead(context)
    if (does === 'throw') throw new Error('thrown')
    context.status = 401
    context.body = 'no'
    context.state.by = 'middleware'
  }
}

function routeAhead({ matched, method }) {
  return String(matched.findLast(({ methods }) => methods.includes(method)).path)
}
