/** Two lines of pino a request. */
const { createServer } = require('node:http')
const pino = require('pino')
const { listening } = require('./report.cjs')

const log = pino(pino.destination({ dest: '/dev/null', sync: false }))
const server = createServer((request, response) => {
  log.info({ url: request.url, user: 'ada' }, 'request')
  log.warn({ stock: 3 }, 'stock is low')
  response.end('ok')
})
server.listen(0, '127.0.0.1', () => listening(server))
