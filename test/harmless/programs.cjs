/** Small programs that say what they see: each must see the same with telemetry and without. Made from tables of calls, handlers and values. */

const programs = new Map()
const add = (name, source) => programs.set(name, source)

/** `server` answers with what came in; `port` is its own. */
const CALLS = {
  'get(url)': `http.get('http://127.0.0.1:' + port + '/a?b=c', on)`,
  'get(URL)': `http.get(new URL('http://127.0.0.1:' + port + '/a#frag'), on)`,
  'get(url, options)': `http.get('http://127.0.0.1:' + port + '/a', options({ headers: { 'X-One': '1' } }), on)`,
  'get(URL, options)': `http.get(new URL('http://127.0.0.1:' + port), options({ path: '/other', method: 'HEAD' }), on)`,
  'get(options)': `http.get(options({ port, host: '127.0.0.1', path: '/a' }), on)`,
  'get(options) and on': `http.get(options({ port, host: '127.0.0.1', path: '/a' })).on('response', on)`,
  'get(url, null)': `http.get('http://127.0.0.1:' + port + '/n', null, on)`,
  'get(url, undefined)': `http.get('http://127.0.0.1:' + port + '/u', undefined, on)`,
  'request without end': `{ const r = http.request({ port, host: '127.0.0.1' }, on); setTimeout(() => r.end(), 5) }`,
  'request with a body': `http.request(options({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-length': 2 } }), on).end('hi')`,
  'request in chunks': `{ const r = http.request({ port, host: '127.0.0.1', method: 'PUT' }, on); r.write('a'); r.write('b'); r.end('c', () => see('ended')) }`,
  'request with trailers': `{ const r = http.request({ port, host: '127.0.0.1', method: 'POST', headers: { trailer: 'x-t' } }, on); r.write('a'); r.addTrailers({ 'x-t': '1' }); r.end() }`,
  'headers as a list': `http.get(options({ port, host: '127.0.0.1', headers: ['Host', 'own', 'X-A', '1', 'X-A', '2'] }), on)`,
  'headers with lists': `http.get(options({ port, host: '127.0.0.1', headers: { cookie: ['a=1', 'b=2'], 'x-l': ['1', '2'] } }), on)`,
  'headers without a prototype': `http.get(options({ port, host: '127.0.0.1', headers: Object.assign(Object.create(null), { 'x-n': '1' }) }), on)`,
  'headers set later': `{ const r = http.request({ port, host: '127.0.0.1' }, on); r.setHeader('X-Late', ['1', '2']); see(Object.keys(r.getHeaders()).filter((h) => !/^trace/.test(h))); r.removeHeader('x-none'); r.end() }`,
  'headers sent early': `{ const r = http.request({ port, host: '127.0.0.1', method: 'POST' }, on); r.flushHeaders(); setTimeout(() => r.end('x'), 5) }`,
  'options that are frozen': `http.get(Object.freeze({ port, host: '127.0.0.1', headers: Object.freeze({ a: '1' }) }), on)`,
  'options of a class': `http.get(new (class Options { port = port; host = '127.0.0.1'; get path() { return '/getter' } })(), on)`,
  'options with getters': `http.get({ get port() { return port }, get host() { return '127.0.0.1' }, get headers() { return { g: '1' } } }, on)`,
  'options that are a proxy': `http.get(new Proxy({ port, host: '127.0.0.1', path: '/proxy' }, {}), on)`,
  'options that are inherited': `http.get(Object.create({ port: 1 }, { port: { value: port, enumerable: true }, host: { value: '127.0.0.1', enumerable: true } }), on)`,
  'options that are shared': `{ const o = options({ port, host: '127.0.0.1', headers: { a: '1' } }); http.get(o, (r) => { on(r, true); http.get(o, on) }) }`,
  'options with an agent': `{ const agent = new http.Agent({ keepAlive: true }); http.get(options({ port, host: '127.0.0.1', agent }), (r) => { on(r); agent.destroy() }) }`,
  'options with auth': `http.get(options({ port, host: '127.0.0.1', auth: 'u:p' }), on)`,
  'options with hostname and host': `http.get(options({ port, hostname: '127.0.0.1', host: 'nowhere.invalid' }), on)`,
  'options with setHost': `http.get(options({ port, host: '127.0.0.1', setHost: false, headers: { host: 'mine' } }), on)`,
  'options with a lookup': `http.get(options({ port, host: 'made.up', lookup: (name, o, done) => o.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4) }), on)`,
  'options with a timeout': `http.get({ port, host: '127.0.0.1', path: '/slow', timeout: 20 }, on).on('timeout', function () { see('timeout'); this.destroy() })`,
  'options with createConnection': `http.get({ port, host: '127.0.0.1', createConnection: (o, d) => require('net').createConnection({ port, host: '127.0.0.1' }) }, on)`,
  'a signal that aborts': `{ const c = new AbortController(); const r = http.get({ port, host: '127.0.0.1', path: '/slow', signal: c.signal }, on); setTimeout(() => c.abort(), 20); return r }`,
  'a signal that has aborted': `http.get({ port, host: '127.0.0.1', signal: AbortSignal.abort() }, on)`,
  'a request that is destroyed': `{ const r = http.get({ port, host: '127.0.0.1', path: '/slow' }, on); setTimeout(() => r.destroy(), 20); return r }`,
  'a request that is destroyed with an error': `{ const r = http.get({ port, host: '127.0.0.1', path: '/slow' }, on); setTimeout(() => r.destroy(new Error('mine')), 20); return r }`,
  'a request that is destroyed at once': `http.get({ port, host: '127.0.0.1' }, on).destroy()`,
  'nobody there': `http.get({ port: 1, host: '127.0.0.1' }, on)`,
  'a response that nobody reads': `http.get({ port, host: '127.0.0.1' }).on('response', (r) => { see(r.statusCode); r.destroy(); setTimeout(finish, 20) })`,
  'a response cut off': `http.get({ port, host: '127.0.0.1', path: '/cut' }, on)`,
  'a redirect': `http.get({ port, host: '127.0.0.1', path: '/redirect' }, on)`,
  'an upgrade': `http.get({ port, host: '127.0.0.1', path: '/up', headers: { connection: 'Upgrade', upgrade: 'own' } }).on('upgrade', (r, socket) => { see(r.statusCode); see(r.headers.upgrade); socket.destroy(); setTimeout(finish, 10) })`,
  'a tunnel': `http.request({ port, host: '127.0.0.1', method: 'CONNECT', path: 'x.test:443' }).on('connect', (r, socket) => { see(r.statusCode); socket.destroy(); setTimeout(finish, 10) }).end()`,
  'an OPTIONS *': `http.request({ port, host: '127.0.0.1', method: 'OPTIONS', path: '*' }, on).end()`,
  'an expectation': `{ const r = http.request({ port, host: '127.0.0.1', method: 'POST', headers: { expect: '100-continue' } }, on); r.on('continue', () => { see('continue'); r.end('x') }) }`,
  'early hints': `http.get({ port, host: '127.0.0.1', path: '/hints' }, on).on('information', (i) => see(i.statusCode))`,
  'listeners of a request': `{ const r = http.get({ port, host: '127.0.0.1' }, on); see(r instanceof http.ClientRequest); see([typeof r.socket, r.method, r.path, r.protocol, r.host]) }`,
  'for await': `http.get({ port, host: '127.0.0.1' }, async (r) => { let all = ''; for await (const part of r) all += part; see(clean(all)); finish() })`,
  'a pipeline': `http.get({ port, host: '127.0.0.1' }, (r) => require('stream').pipeline(r, new (require('stream').PassThrough)().resume(), (error) => { see(error?.code ?? 'piped'); finish() }))`,
  once: `http.get({ port, host: '127.0.0.1' }).once('response', on)`,
  'events.once': `require('events').once(http.get({ port, host: '127.0.0.1' }), 'response').then(([r]) => on(r))`,
  promisify: `{ const ask = (o) => new Promise((resolve, reject) => http.get(o, resolve).on('error', reject)); ask({ port, host: '127.0.0.1' }).then(on) }`,
}
for (const [name, call] of Object.entries(CALLS))
  add(
    `http ${name}`,
    `const on = (r, more) => { see(r.statusCode); let all = ''; r.setEncoding('utf8').on('data', (d) => { all += d }).on('end', () => { see(clean(all)); see(r.complete); if (!more) finish() }).on('error', (e) => { see(e.code); finish() }) }; const given = []; const options = (o) => { given.push([o, shape(o)]); return o }; await withEcho(http, (port) => { const request = (${call.startsWith('{') ? `(() => ${call})()` : call}); request?.on?.('error', (e) => { see(e.code ?? e.message); setTimeout(finish, 10) }) }, finish); for (const [o, before] of given) see(shape(o) === before)`,
  )

/** Calls that are refused: the words of the refusal, and where it comes from. */
const REFUSED = ['http.get()', 'http.get(null)', 'http.get(1)', `http.get('not a url')`, `http.get('ftp://x')`, `http.get({ protocol: 'https:' })`, `http.get({ path: '/a b' })`, `http.get({ method: 'A B' })`, `http.get({ headers: { 'a b': '1' } })`, `http.get({ headers: { a: undefined } })`, `http.get({ headers: { a: 'x\\n' } })`, `http.get({ agent: 1 })`, `http.get({ host: 1 })`, `http.get({ insecureHTTPParser: 1 })`, `http.request(new URL('data:,x'))`, `http.request({ port: 99999 })`, `http.request({ timeout: 'x' })`, `https.get('http://x')`, `https.get({ protocol: 'http:' })`, `http.createServer(1)`, `http.createServer({ insecureHTTPParser: 1 })`, `new http.Server({}).on('request', 1)`, `http.createServer().listen(-1)`, `http.createServer().emit()`, `http.createServer().emit('error', new Error('mine'))`, `new http.ServerResponse({}).writeHead(9)`, `new http.ServerResponse({ method: 'GET' }).setHeader('a b', 1)`, `new http.ClientRequest(1)`, `express().use()`, `express().get('/:a(', () => {})`, `express().listen('x')`, `express().use(null)`, `new Koa().use(1)`, `fastify().get('/', 1)`, `fastify().register(1)`, `hapi.server({ port: 'x', own: 1 })`, `hapi.server().route({})`, `hapi.server().register({})`, `new pg.Client('postgres://[')`, `mysql2.createConnection(1)`, `mysql2.createPool('x')`, `redis.createClient({ url: 'x' })`, `new Redis({ port: 'x', lazyConnect: true }).get()`, `pino({ level: 'own' })`, `winston.createLogger({ level: 1, transports: [] }).log()`, `graphql.graphqlSync({})`, `graphql.parse('{')`, `undici.request('x')`, `new undici.Agent({ connections: -1 })`, `new undici.Client('x')`] // biome-ignore format: a list
for (const call of REFUSED)
  add(
    `refused: ${call}`,
    `try { const r = ${call}; r?.on?.('error', () => {}); r?.then?.(() => {}, () => {}); see(typeof r); r?.destroy?.() } catch (error) { see(error.name); see(error.code); see(error.message) } await pause(5)`,
  )

/** Handlers of a server, and what is sent to it. */
const HANDLERS = {
  end: `(q, r) => r.end('ok')`,
  'end later': `(q, r) => setTimeout(() => r.end('ok'), 5)`,
  'an async function': `async (q, r) => { await null; r.end('ok') }`,
  'writeHead with a list': `(q, r) => { r.writeHead(201, 'Own', ['x-a', '1', 'x-a', '2']); r.end() }`,
  'writeHead with an object': `(q, r) => { const h = Object.freeze({ 'x-a': '1' }); r.writeHead(202, h); r.end('x'); see(Object.keys(h)) }`,
  setHeaders: `(q, r) => { r.setHeaders(new Map([['a', '1'], ['b', ['2', '3']]])); see(r.getHeaderNames()); r.end() }`,
  'no date': `(q, r) => { r.sendDate = false; r.end('x') }`,
  'chunks and trailers': `(q, r) => { r.setHeader('trailer', 'x-t'); r.write('a'); r.write('b', () => see('written')); r.addTrailers({ 'x-t': '1' }); r.end('c', () => see('ended')) }`,
  'a body': `(q, r) => { let all = ''; q.on('data', (d) => { all += d }).on('end', () => r.end(all)) }`,
  'a body by for await': `async (q, r) => { let all = ''; for await (const d of q) all += d; r.end(all) }`,
  'a pipe': `(q, r) => q.pipe(r)`,
  204: `(q, r) => { r.statusCode = 204; r.end() }`,
  304: `(q, r) => { r.statusCode = 304; r.statusMessage = 'Same'; r.end() }`,
  500: `(q, r) => { r.statusCode = 500; r.end('no') }`,
  hints: `(q, r) => { r.writeEarlyHints({ link: '</a>; rel=preload' }); r.writeProcessing(); r.end('x') }`,
  'order of events': `(q, r) => { for (const e of ['finish', 'close', 'prefinish', 'pipe']) r.on(e, () => see('response ' + e)); for (const e of ['end', 'close']) q.on(e, () => see('request ' + e)); q.resume(); r.end('x') }`,
  'prepended listeners': `(q, r) => { r.on('finish', () => see(2)); r.prependListener('finish', () => see(1)); r.prependOnceListener('finish', () => see(0)); r.end() }`,
  'listeners that are counted': `(q, r) => { see([r.listenerCount('finish'), r.listenerCount('close'), q.listenerCount('end'), q.listenerCount('close'), r.eventNames().length, q.eventNames().length]); r.end() }`,
  'own keys': `(q, r) => { see(Object.keys(q).sort()); see(Object.keys(r).sort()); see(Object.keys(q.headers)); r.end() }`,
  copies: `(q, r) => { see(Object.keys({ ...q }).length); see(Object.keys(Object.assign({}, r)).length); see(JSON.stringify(q.headers)); r.end() }`,
  inspected: `(q, r) => { see(/uptrace|otel|exchange/i.test(require('util').inspect(q, { depth: 0 }).split('\\n').filter((l) => !l.includes('Symbol(uptrace')).join())); r.end() }`,
  'emit of its own': `(q, r) => { const emit = r.emit; r.emit = function (e, ...a) { if (e === 'finish') see('own emit'); return emit.call(this, e, ...a) }; r.end() }`,
  'a removed listener': `(q, r) => { const f = () => see('no'); r.on('finish', f); r.off('finish', f); r.removeAllListeners('close'); r.end() }`,
  'a destroyed request': `(q, r) => q.destroy()`,
  'a destroyed response': `(q, r) => { r.on('error', (e) => see(e.message)); r.destroy(new Error('mine')) }`,
  'a destroyed socket': `(q, r) => q.socket.destroy()`,
  'end twice': `(q, r) => { r.end('a'); r.end('b', (e) => see(e?.code)) }`,
  'write after end': `(q, r) => { r.on('error', (e) => see(e.code)); r.end('a'); r.write('b') }`,
  'head after head': `(q, r) => { r.writeHead(200); try { r.writeHead(201) } catch (e) { see(e.code) } r.end() }`,
  'an error that is thrown': `(q, r) => { setTimeout(() => r.end(), 10); throw new TypeError('mine') }`,
  'a text that is thrown': `(q, r) => { setTimeout(() => r.end(), 10); throw 'mine' }`,
  'an error that is thrown later': `(q, r) => { setTimeout(() => r.end(), 20); process.nextTick(() => { throw new Error('later') }) }`,
  'an error in a listener': `(q, r) => { r.on('finish', () => { throw new Error('in finish') }); r.end('x') }`,
  'a promise that is rejected': `async (q, r) => { setTimeout(() => r.end(), 10); throw new Error('rejected') }`,
  'a timeout of the response': `(q, r) => { r.setTimeout(10, () => { see('timeout'); r.end('late') }) }`,
  'async storage of its own': `(q, r) => { const { AsyncLocalStorage } = require('async_hooks'); const s = new AsyncLocalStorage(); s.run(7, () => { q.on('end', () => see(s.getStore() ?? 'none')); setTimeout(() => { see(s.getStore()); r.end() }, 5) }); q.resume() }`,
  this: `function (q, r) { see(this.constructor.name); r.end() }`,
  arguments: `function () { see(arguments.length); arguments[1].end() }`,
  'handed on': `(q, r) => { const inner = http.createServer((a, b) => { see(a === q && b === r); b.end('inner') }); inner.emit('request', q, r) }`,
  'a result of emit': `(q, r) => { see(new http.Server().emit('request', q, r)); see(new http.Server(() => {}).emit('request', q, r)); r.end() }`,
}
const SENT = {
  GET: 'GET /x?y=1 HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n',
  POST: 'POST /x HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 5\\r\\nConnection: close\\r\\n\\r\\nhello',
  old: 'HEAD /x HTTP/1.0\\r\\n\\r\\n',
}
for (const [name, handler] of Object.entries(HANDLERS))
  for (const [kind, text] of Object.entries(SENT))
    add(
      `server ${name}, ${kind}`,
      `const server = http.createServer(${handler}); await listen(server); see(clean(await raw(server, '${text}'))); await pause(10); server.close()`,
    )
add(
  'server pipelined',
  `const server = http.createServer((q, r) => setTimeout(() => r.end(q.url), q.url === '/1' ? 10 : 0)); await listen(server); see(clean(await raw(server, 'GET /1 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nGET /2 HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'))); server.close()`,
)
add(
  'server bad request',
  `const server = http.createServer(() => {}); server.on('clientError', (e, s) => { see(e.code); s.end('HTTP/1.1 400 Own\\r\\n\\r\\n') }); await listen(server); see(await raw(server, 'rubbish\\r\\n\\r\\n')); server.close()`,
)
add(
  'server checkContinue',
  `const server = http.createServer(() => see('no')); server.on('checkContinue', (q, r) => { r.writeContinue(); r.end('yes') }); await listen(server); see(clean(await raw(server, 'POST / HTTP/1.1\\r\\nHost: a\\r\\nExpect: 100-continue\\r\\nContent-Length: 1\\r\\nConnection: close\\r\\n\\r\\nx'))); server.close()`,
)
add(
  'server subclass',
  `class Own extends http.Server { emit(e, ...a) { if (e === 'request') see('own'); return super.emit(e, ...a) } } const server = new Own((q, r) => r.end('ok')); await listen(server); see(clean(await raw(server, '${SENT.GET}'))); server.close()`,
)

/** Forms of fetch and undici. */
const FETCHES = { 'no headers': 'undefined', 'an object': `{ headers: { a: '1' } }`, 'Headers': `{ headers: new Headers({ a: '1' }) }`, 'pairs': `{ headers: [['a', '1'], ['b', '2']] }`, 'a body': `{ method: 'POST', body: 'x' }`, 'a form': `{ method: 'POST', body: new URLSearchParams({ a: '1' }) }`, 'a stream': `{ method: 'POST', duplex: 'half', body: new Blob(['x']).stream() }`, 'frozen': `Object.freeze({ headers: Object.freeze({ a: '1' }) })`, 'no follow': `{ redirect: 'manual' }`, 'aborted': `{ signal: AbortSignal.abort() }`, 'PATCH': `{ method: 'patch' }`, 'keepalive': `{ keepalive: true }`, 'bad method': `{ method: 'A B' }`, 'bad header': `{ headers: { 'a b': '1' } }`, 'body of GET': `{ body: 'x' }` } // biome-ignore format: a list
for (const [name, init] of Object.entries(FETCHES)) {
  for (const path of ['/a?b=c', '/redirect'])
    add(
      `fetch ${path} with ${name}`,
      `await withEcho(http, async (port, done) => { const init = ${init}; const before = shape(init); try { const r = await fetch('http://127.0.0.1:' + port + '${path}', init); see([r.status, r.redirected, clean(await r.text())]) } catch (e) { see([e.name, clean(e.message), e.cause?.code]) } see(shape(init) === before); done() })`,
    )
}
for (const call of [
  `fetch('http://127.0.0.1:1')`,
  `fetch('x')`,
  `fetch()`,
  `undici.request('http://127.0.0.1:1')`,
  `undici.fetch('http://127.0.0.1:1')`,
])
  add(`${call} fails`, `try { await ${call}; see('no') } catch (e) { see([e.name, e.message, e.code, e.cause?.code]) }`)
add(
  'undici.request',
  `await withEcho(http, async (port, done) => { const r = await undici.request('http://127.0.0.1:' + port, { headers: ['a', '1'] }); see([r.statusCode, clean(await r.body.text())]); await undici.getGlobalDispatcher().close().catch(() => {}); done() })`,
)

/** Apps of frameworks: what they answer, for several paths. */
const APPS = {
  express: `const app = express(); app.use((q, r, n) => { see(typeof n); n() }); app.get('/ok/:id', (q, r) => r.json([q.params, q.baseUrl, q.route.path, Object.keys(q).length > 0])); app.get('/throws', () => { throw new Error('thrown') }); app.get('/next', (q, r, n) => n({ status: 404, message: 'own' })); app.get('/async', async () => { throw new Error('async') }); const sub = express(); sub.get('/a', (q, r) => r.send(q.baseUrl + sub.mountpath)); app.use('/sub', sub); app.use((e, q, r, n) => r.status(e.status ?? 500).send(e.message)); const server = app.listen(0, '127.0.0.1')`,
  koa: `const app = new Koa(); app.silent = true; app.use(async (c, n) => { await n(); c.set('x-own', String(c.status)) }); app.use((c) => { if (c.path.startsWith('/ok')) c.body = Object.keys(c.headers); if (c.path === '/throws') throw new Error('thrown'); if (c.path === '/next') c.throw(404, 'own') }); app.on('error', (e) => see(e.message)); const server = app.listen(0, '127.0.0.1')`,
  fastify: `const app = fastify(); app.get('/ok/:id', async (q) => [q.params, q.routeOptions.url]); app.get('/throws', async () => { throw new Error('thrown') }); app.addHook('onResponse', async (q, r) => see(r.statusCode)); await app.listen({ port: 0, host: '127.0.0.1' }); const server = app.server`,
  hapi: `const app = hapi.server({ port: 0, host: '127.0.0.1', debug: false }); const route = { method: 'GET', path: '/ok/{id}', handler: (q) => [q.params, q.route.path] }; app.route(route); app.route({ method: 'GET', path: '/throws', handler: () => { throw new Error('thrown') } }); app.ext('onPreResponse', (q, h) => { see(q.response.isBoom ?? false); return h.continue }); see(Object.keys(route)); await app.start(); const server = app.listener`,
}
for (const [name, app] of Object.entries(APPS))
  for (const path of ['/ok/1', '/throws', '/next', '/async', '/sub/a', '/none', '/ok/%E0%A4%A'])
    add(
      `${name} ${path}`,
      `${app}; if (!server.listening) await new Promise((resolve) => server.once('listening', resolve)); see(clean(await raw(server, 'GET ${path} HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n')).replace(/etag:.*\\r\\n|date:.*\\r\\n|at .*/gi, '')); await pause(10); await (app.stop?.() ?? app.close?.()); server.close()`,
    )

/** Statements and commands against real servers. */
const PG = [
  `SELECT 1 AS one`,
  `SELECT $1::text AS x`,
  `SELECT nothing FROM nowhere`,
  ``,
  `SELECT 1; SELECT 2`,
  `-- nothing`,
]
for (const text of PG) {
  add(
    `pg promise ${text}`,
    `const client = new pg.Client(urls.postgres); await client.connect(); try { const r = await client.query(${JSON.stringify(text)}${text.includes('$1') ? `, ['a']` : ''}); see(Array.isArray(r) ? r.length : [r.command, r.rows]) } catch (e) { see([e.name, e.code, e.message]) } await client.end()`,
  )
  add(
    `pg callback ${text}`,
    `const pool = new pg.Pool({ connectionString: urls.postgres, max: 1 }); await new Promise((resolve) => { const r = pool.query(Object.freeze({ text: ${JSON.stringify(text)}${text.includes('$1') ? `, values: ['a']` : ''} }), (e, r) => { see(e ? [e.code, e.message] : Array.isArray(r) ? r.length : r.rows); resolve() }); see(typeof r) }); await pool.end()`,
  )
  add(
    `mysql2 ${text}`,
    `const c = mysql2.createConnection(urls.mysql); const q = c.query({ sql: ${JSON.stringify(text.replace('$1::text', '?'))}, values: ['a'] }, (e, r) => see(e ? [e.code, e.message] : r)); see(q.constructor.name); await new Promise((resolve) => c.end(resolve))`,
  )
}
add(
  'pg nobody there',
  `try { await new pg.Client({ port: 1, host: '127.0.0.1' }).connect() } catch (e) { see(e.code) }`,
)
add(
  'pg events',
  `const client = new pg.Client(urls.postgres); client.on('notification', (m) => see(m.payload)); await client.connect(); await client.query('LISTEN h'); await client.query("NOTIFY h, 'x'"); await pause(20); see(client.eventNames().length); await client.end()`,
)
for (const call of [
  `set('h', '1')`,
  `get('h')`,
  `hset('h2', { a: 1 })`,
  `hgetall('h2')`,
  `incr('h2')`,
  `mget('h', 'none')`,
  `del('h', 'h2')`,
])
  add(
    `ioredis ${call}`,
    `const redis = new Redis(urls.redis); try { see(await redis.${call}) } catch (e) { see([e.name, e.message]) } await redis.quit()`,
  )
add(
  'ioredis pipeline',
  `const redis = new Redis(urls.redis); see(await redis.pipeline().set('p', 1).incr('p').get('none').exec()); see(await redis.multi().get('p').del('p').exec()); await redis.quit()`,
)
for (const call of [
  `set('r', '1')`,
  `get('r')`,
  `hGetAll('none')`,
  `sendCommand(['PING'])`,
  `lPush('r', 'x')`,
  `del(['r'])`,
])
  add(
    `redis ${call}`,
    `const client = redis.createClient({ url: urls.redis }); client.on('error', () => {}); await client.connect(); try { see(await client.${call}) } catch (e) { see([e.constructor.name, e.message]) } await client.close()`,
  )
add(
  'redis multi',
  `const client = await redis.createClient({ url: urls.redis }).connect(); see(await client.multi().set('m', '1').get('m').del('m').exec()); await client.close()`,
)
add(
  'amqplib',
  `const c = await amqplib.connect(urls.amqp); const ch = await c.createChannel(); const { queue } = await ch.assertQueue('', { exclusive: true }); const options = Object.freeze({ headers: { own: 1 }, messageId: 'm' }); const got = new Promise((resolve) => ch.consume(queue, (m) => { see([m.content.toString(), m.properties.messageId, m.properties.headers.own, Object.keys(m.properties.headers).filter((k) => !/^trace/.test(k))]); ch.ack(m); resolve() })); see(ch.sendToQueue(queue, Buffer.from('x'), options)); await got; see(Object.keys(options.headers)); await c.close()`,
)
for (const call of [
  `info('text')`,
  `error(new Error('mine'))`,
  `warn({ a: 1 }, 'with %s', 'x')`,
  `child({ c: 1 }).debug('hidden')`,
  `fatal(null)`,
  `info({ trace_id: 'own' })`,
])
  add(
    `pino ${call}`,
    `const lines = []; pino({ base: null, timestamp: false, redact: ['secret'] }, { write: (l) => lines.push(l) }).${call}; see(lines.map((l) => l.replace(/"stack":"[^"]*"/, '')))`,
  )
for (const call of [
  `info('text')`,
  `error(new Error('mine'))`,
  `warn('with meta', { a: 1 })`,
  `log({ level: 'info', message: 'm', own: 1 })`,
  `child({ c: 1 }).info('x')`,
])
  add(
    `winston ${call}`,
    `const lines = []; const out = new (require('stream').Writable)({ write(l, _, d) { lines.push(String(l)); d() } }); const logger = winston.createLogger({ transports: [new winston.transports.Stream({ stream: out })], format: winston.format.json() }); logger.${call}; await pause(5); see(lines.map((l) => l.replace(/"stack":"[^"]*"/, '')))`,
  )
add(
  'graphql',
  `const schema = graphql.buildSchema('type Query { a(b: Int): Int }'); see(await graphql.graphql({ schema, source: '{ a(b: 1) }', rootValue: { a: ({ b }) => b } })); see(graphql.graphqlSync({ schema, source: '{ a }', rootValue: { a: () => { throw new Error('no') } } })); see(Object.keys(schema).length)`,
)

/** Functions of libraries look like those of the library. */
const OWNERS = {
  pg: 'pg.Client.prototype',
  'pg pools': 'Object.getPrototypeOf(pg.Pool.prototype)',
  ioredis: 'Redis.prototype',
  mysql2: 'Object.getPrototypeOf(mysql2.Connection.prototype)',
  koa: 'Koa.prototype',
  hapi: 'hapi',
  express: 'express.Router.prototype',
  winston: `require('winston/lib/winston/logger').prototype`,
  servers: 'http.Server.prototype',
  requests: 'http.IncomingMessage.prototype',
  calls: 'http.ClientRequest.prototype',
}
for (const [name, owner] of Object.entries(OWNERS))
  add(
    `names and parameters, ${name}`,
    `const o = ${owner}; const names = new Set([...Object.getOwnPropertyNames(o), 'emit', 'write']); see([...names].sort().map((k) => (/^(caller|arguments)$/.test(k) || Object.getOwnPropertyDescriptor(o, k)?.get ? undefined : o[k])).filter((f) => typeof f === 'function').map((f) => [f.name, f.length]))`,
  )

for (const [name, source] of Object.entries(require('./apps.cjs').APPS)) add(name, source)

exports.programs = programs
