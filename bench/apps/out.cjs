/** One request to another service by node:http, on connections that are kept. */
const http = require('node:http')
const { listening } = require('./report.cjs')
const { startTarget } = require('./target.cjs')

const agent = new http.Agent({ keepAlive: true })
startTarget().then((target) => {
  const { hostname, port } = new URL(target)
  const server = http.createServer((request, response) => {
    http.get({ hostname, port, path: request.url, agent }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (part) => {
        body += part
      })
      answer.on('end', () => response.end(body))
    })
  })
  server.listen(0, '127.0.0.1', () => listening(server))
})
