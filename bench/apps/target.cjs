/** A small server in a process of its own, which no arm traces: programs that make requests ask it. */
const { fork } = require('node:child_process')
const { createServer } = require('node:http')

/** Resolves to its address. */
exports.startTarget = () => {
  const child = fork(__filename, ['serve'], { env: { PATH: process.env.PATH }, execArgv: [] })
  process.on('exit', () => child.kill())
  return new Promise((resolve) => child.once('message', resolve))
}

if (process.argv[2] === 'serve' && require.main === module) {
  const body = JSON.stringify({ stock: 3 })
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const server = createServer((_request, response) => response.writeHead(200, headers).end(body))
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`))
  process.on('disconnect', () => process.exit())
}
