/** Two commands of ioredis a request. */
const { createServer } = require('node:http')
const { Redis } = require('ioredis')
const { listening } = require('./report.cjs')

const redis = new Redis(process.env.BENCH_REDIS_URL)
const server = createServer(async (request, response) => {
  const key = `bench:${request.url}`
  await redis.set(key, 'Ada')
  response.end(await redis.get(key))
})
server.listen(0, '127.0.0.1', () => listening(server))
