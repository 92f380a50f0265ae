/** The plain program: node:http and one JSON answer. */
const { createServer } = require('node:http')
const { listening } = require('./report.cjs')

const server = createServer((request, response) => {
  const body = JSON.stringify({ id: request.url.slice(7), name: 'Ada' })
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
})
server.listen(0, '127.0.0.1', () => listening(server))
