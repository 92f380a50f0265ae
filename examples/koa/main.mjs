// A koa app with @koa/router: the request's span is named after the route, an error in a handler marks it.

import { Router } from '@koa/router'
import { trace } from '@opentelemetry/api'
import Koa from 'koa'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'koa-example' })

const router = new Router()

router.get('/posts/:id', (ctx) => {
  console.log(traceUrl(trace.getActiveSpan()))
  ctx.body = { id: ctx.params.id }
})

router.get('/fails', () => {
  console.log(traceUrl(trace.getActiveSpan()))
  throw new Error('this route always fails')
})

const app = new Koa().use(router.routes()).use(router.allowedMethods())
// koa prints errors unless someone listens
app.on('error', () => {})

const server = app.listen(Number(process.env.PORT ?? 0), async () => {
  const url = `http://localhost:${server.address().port}`
  if (process.env.PORT) return console.log(`${url}/posts/1`)
  await (await fetch(`${url}/posts/1`)).text()
  await (await fetch(`${url}/fails`)).text()
  server.close(() => shutdown())
})
