/** Runs all programs one after the other, and prints what each has seen. */
const { programs } = require('./programs.cjs')

const clean = (text) =>
  String(text)
    .replace(/"?(traceparent|tracestate|baggage)"?[,:]\s*"?[^",\r\n\]]*"?,?(\r\n)?/gi, '')
    .replace(/(127\.0\.0\.1|localhost|made\.up|nowhere\.invalid):\d+/g, 'HOST')
    .replace(/date: [^\r\n]*\r\n|"date":"[^"]*"|Date: [^\r\n]*\r\n/gi, '')
const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis))
const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
/** Own keys and values, as deep as objects go that a call gets. */
const shape = (value) =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value))
    ? JSON.stringify(
        Reflect.ownKeys(value).map((key) => [
          String(key),
          typeof value[key] === 'object' ? shape(value[key]) : String(value[key]),
        ]),
      )
    : String(value?.constructor?.name)

function raw(server, text) {
  return new Promise((resolve) => {
    const socket = require('node:net').connect(server.address().port, '127.0.0.1')
    let all = ''
    socket.on('data', (part) => {
      all += part
    })
    socket
      .on('error', (error) => {
        all += error.code
      })
      .on('close', () => resolve(all))
    setTimeout(() => socket.destroy(), 400)
    socket.write(text)
  })
}

/** Answers with what came in. */
async function withEcho(http, work, register) {
  const server = http.createServer((request, response) => {
    const { url, method, rawHeaders } = request
    if (url === '/slow') return
    if (url === '/cut') return response.write('half', () => response.destroy())
    if (url === '/hints') response.writeEarlyHints({ link: '</a>; rel=preload' })
    if (url === '/redirect') return response.writeHead(302, { location: '/to' }).end()
    const headers = []
    for (let at = 0; at < rawHeaders.length; at += 2)
      if (!/^(traceparent|tracestate|baggage)$/i.test(rawHeaders[at]))
        headers.push([rawHeaders[at], rawHeaders[at + 1]])
    let body = ''
    request
      .on('data', (part) => {
        body += part
      })
      .on('end', () => response.end(JSON.stringify({ url, method, headers, body, trailers: request.trailers })))
  })
  server.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 101 Own\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n'),
  )
  server.on('connect', (_request, socket) => socket.end('HTTP/1.1 200 Connected\r\n\r\n'))
  await listen(server)
  await new Promise((resolve) => {
    register?.set(resolve)
    work(server.address().port, resolve)
  })
  server.closeAllConnections()
  server.close()
}

exports.run = async (urls) => {
  const http = require('node:http'),
    https = require('node:https')
  const libraries = {
    express: require('express'),
    Koa: require('koa'),
    fastify: require('fastify'),
    hapi: require('@hapi/hapi'),
    pg: require('pg'),
    mysql2: require('mysql2'),
    redis: require('redis'),
    Redis: require('ioredis').Redis,
    amqplib: require('amqplib'),
    pino: require('pino'),
    winston: require('winston'),
    graphql: require('graphql'),
    undici: require('undici'),
  }
  let seen
  const note = (error) => seen.push(['uncaught', error?.message ?? String(error)])
  process.on('uncaughtException', note).on('unhandledRejection', note)
  for (const [name, source] of programs) {
    if (
      Object.entries({ pg: 'postgres', mysql2: 'mysql', ioredis: 'redis', redis: 'redis', amqplib: 'amqp' }).some(
        ([prefix, url]) => name.startsWith(prefix) && !urls[url],
      )
    )
      continue
    const mine = []
    seen = mine
    let done
    const finish = Object.assign(() => done?.(), {
      set: (resolve) => {
        done = resolve
      },
    })
    const names = {
      see: (value) => mine.push(value),
      finish,
      clean,
      pause,
      listen,
      shape,
      raw,
      withEcho,
      urls,
      http,
      https,
      require,
      ...libraries,
    }
    const work = new Function(...Object.keys(names), `return (async () => { ${source} })()`)
    try {
      await Promise.race([work(...Object.values(names)), pause(2_000).then(() => mine.push('too long'))])
    } catch (error) {
      mine.push(['threw', error?.message])
    }
    process.stdout.write(`SEEN ${JSON.stringify([name, mine])}\n`)
  }
  process.exit(0)
}
