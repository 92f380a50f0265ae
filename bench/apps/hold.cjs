/** Answers nothing until it is told to, so that requests are in flight for as long as one wants to look. */
const http = require('node:http')
const { listening } = require('./report.cjs')

const held = []
const server = http.createServer((request, response) => {
  if (request.url !== '/release') return held.push(response)
  for (const waiting of held.splice(0)) waiting.end('ok')
  response.end('ok')
})
server.listen(0, '127.0.0.1', () => listening(server))
