/** Fastify with one hook and one route. */
const fastify = require('fastify')
const { listening } = require('./report.cjs')

const app = fastify()
app.addHook('onRequest', (request, _reply, done) => {
  request.headers['x-user'] = 'ada'
  done()
})
app.get('/users/:id', async (request) => ({ id: request.params.id, name: request.headers['x-user'] }))
app.listen({ port: 0, host: '127.0.0.1' }).then(() => listening(app.server))
