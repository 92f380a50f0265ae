/** Answers the bench over the channel of the child process: where the program listens, and what it used so far. */
const { memoryUsage } = process

exports.listening = (server) => {
  process.on('message', (question) => {
    if (question === 'gc') globalThis.gc?.()
    const { user, system } = process.cpuUsage()
    process.send({ cpuMicros: user + system, rss: memoryUsage.rss(), heapUsed: memoryUsage().heapUsed })
  })
  process.on('disconnect', () => process.exit())
  process.send({ port: server.address().port })
}
