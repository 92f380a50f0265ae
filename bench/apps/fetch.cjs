/** One request to another service by fetch. */
const { createServer } = require('node:http')
const { listening } = require('./report.cjs')
const { startTarget } = require('./target.cjs')

startTarget().then((target) => {
  const server = createServer(async (request, response) => {
    const answer = await fetch(target + request.url)
    response.end(await answer.text())
  })
  server.listen(0, '127.0.0.1', () => listening(server))
})
