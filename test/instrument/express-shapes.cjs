/** Express apps of many shapes, and requests to them: `app` builds one, `requests` are sent one after the other, or all at once. */
const { context, ROOT_CONTEXT, trace } = require('@opentelemetry/api')
const tracer = trace.getTracer('shapes')
const later = (millis = 1) => new Promise((resolve) => setTimeout(resolve, millis))
const inside = (name) => tracer.startSpan(name).end()
const pass = (_request, _response, next) => next()
const slow = (_request, _response, next) => void setTimeout(next, 1)
const answer = (request, response) => response.send(`${request.baseUrl}|${request.path}`)
const answerErrors = (error, _request, response, _next) =>
  response.status(500).send(`failed: ${error?.message ?? error}`)
const get = (...paths) => paths.map((path) => `GET ${path}`)

module.exports = (express, major) => {
  const app = (...steps) => {
    const made = express()
    made.set('env', 'test')
    for (const step of steps) step(made)
    return made
  }
  const router = (build, options) => {
    const made = express.Router(options)
    build(made)
    return made
  }
  const any = major === 4 ? '*' : '/{*any}'
  const below = (path) => (major === 4 ? `${path}/*` : `${path}/*rest`)
  const shapes = {
    'routes with and without parameters': {
      app: () =>
        app((it) => {
          it.use(express.json())
          it.use(pass)
          it.get('/', answer)
          it.get('/a', answer)
          it.get('/a/:id', answer)
          it.post('/a/:id', (request, response) => response.json(request.body))
          it.get('/a/:id/b/:other', slow, answer)
        }),
      requests: [
        ...get('/', '/?x=1', '/a', '/a?x=1', '/a/', '/A', '/a/1', '/a/1/b/2?x=/a', '/none', '/a/1/none'),
        'HEAD /a',
        'OPTIONS /a/1',
        'POST /a/1 {"x":1}',
        'POST /a/1 {"x":',
        'DELETE /a',
      ],
    },
    'nested routers': {
      app: () =>
        app((it) => {
          const users = router((r) => {
            r.use(pass)
            r.use(slow)
            r.get('/', answer)
            r.get('/:id', answer)
          })
          const v1 = router((r) => r.use(pass).use('/users', pass, users).use(pass))
          it.use(pass).use(
            '/api',
            router((r) => r.use('/v1', v1)),
          )
          it.use('/api/v2/', users)
        }),
      requests: get(
        '/api/v1/users/1',
        '/api/v1/users',
        '/api/v1/users/1/none',
        '/api/v1',
        '/api',
        '/api/v2/7',
        '/API/V1/Users/1',
      ),
    },
    'routers that are left again': {
      app: () =>
        app((it) => {
          it.use(
            '/api',
            router((r) => r.get('/one', answer)),
          )
          it.use(
            '/api',
            pass,
            router((r) => r.use(pass).get('/two/:id', answer)),
          )
          it.use(
            '/',
            router((r) => r.get('/three', answer)),
          )
          it.use(router((r) => r.get('/four/:id', answer)))
          it.use(router((r) => r.use('/five', answer)))
        }),
      requests: get('/api/one', '/api/two/2', '/three', '/four/4', '/five', '/five/x', '/api/none', '/none', '/'),
    },
    'parameters in the paths of mounts': {
      app: () =>
        app((it) => {
          const own = router((r) => r.use('/:team', pass).get('/:team/x', answer), { mergeParams: true })
          it.use('/orgs/:org', own)
          it.use(
            '/slash/',
            router((r) => r.get('/b/', answer), { strict: true }),
          )
        }),
      requests: get('/orgs/1/2/x', '/orgs/1', '/orgs/%zz/2/x', '/slash/b/', '/slash/b', '/slash//b/'),
    },
    'lists of paths and of functions': {
      app: () =>
        app((it) => {
          it.use([pass, slow])
          it.use(['/p', '/q'], pass)
          it.use('/p', [pass, [pass]], answer)
          it.get(['/x', '/y/:id'], [pass, answer])
          it.use(
            ['/m', '/n'],
            router((r) => r.use([pass]).get(['/k', '/l'], answer)),
          )
          it.use([['/deep']], answer)
          it.get(['/re', /^\/re(\d+)$/], answer)
        }),
      requests: get('/p', '/q', '/x', '/y/1', '/m/k', '/n/l', '/n/none', '/deep', '/re', '/re5', '/'),
    },
    'regular expressions': {
      app: () =>
        app((it) => {
          it.use(/^\/mount/, pass)
          it.get(/^\/re(\d+)$/, answer)
          it.get(/any[ab]$/, answer)
          it.use(
            /^\/within/,
            router((r) => r.get(/^\/(.+)$/, answer)),
          )
        }),
      requests: get('/re1', '/mount/any', '/x/anya', '/within/x', '/within'),
    },
    wildcards: {
      app: () =>
        app((it) => {
          it.get(below('/files'), answer)
          it.use(
            '/spa',
            router((r) => r.use(pass).get(any, answer)),
          )
          it.use(any, pass)
          it.use(
            '/m',
            router((r) => r.use(any, pass).get(below('/n'), answer)),
          )
          it.post(any, answer)
          it.get(any, answer)
        }),
      requests: [...get('/files/a/b', '/files', '/spa', '/spa/x', '/m/n/o', '/', '/else'), 'POST /x'],
    },
    'all and route': {
      app: () =>
        app((it) => {
          it.all('/all/:id', pass, answer)
          it.route('/chain').all(pass).get(pass, slow, answer).post(answer)
          it.all('/through', pass)
          it.get('/through', (_q, _s, next) => setImmediate(next))
          it.put('/none', answer)
        }),
      requests: [
        ...get('/all/1', '/chain', '/through', '/none'),
        'POST /chain',
        'PUT /all/2',
        'PUT /chain',
        'OPTIONS /chain',
        'OPTIONS /none',
        'OPTIONS /nowhere',
        'HEAD /chain',
      ],
    },
    'parameter callbacks': {
      app: () =>
        app((it) => {
          it.param('id', (_q, _s, next, id) => (id === 'bad' ? next(new Error('bad id')) : setTimeout(next, 1)))
          it.param('late', (_q, _s, _next) => {
            throw new TypeError('thrown')
          })
          it.get('/i/:id', answer).get('/l/:late', answer).get('/i/:id/x', answer)
          it.use(
            '/m/:id',
            router((r) => r.get('/n', answer)),
          )
          it.use(answerErrors)
        }),
      requests: get('/i/1', '/i/bad', '/l/1', '/m/1/n', '/m/bad/n', '/i/1/x'),
    },
    'errors with a handler of errors': {
      app: () =>
        app((it) => {
          it.use('/api', errors(), (error, _q, _s, next) => next(error))
          it.use(errors())
          it.use(pass)
          it.use((error, _q, _s, next) => next(error))
          it.use(answerErrors)
        }),
      requests: get(...errorPaths(), ...errorPaths('/api')),
    },
    'errors without a handler of errors': {
      app: () => app((it) => it.use(errors())),
      requests: get(...errorPaths()),
    },
    'errors that a handler of the route forgives': {
      app: () =>
        app((it) => {
          it.get(
            '/forgiven',
            () => {
              throw new Error('once')
            },
            (_error, _q, _s, next) => next(),
            answer,
          )
          it.get('/left/:id', (_q, _s, next) => next(new Error('left')))
          it.use((_error, _q, _s, next) => next())
          it.get('/left/1', answer)
          it.use(answer)
        }),
      requests: get('/forgiven', '/left/1', '/left/2'),
    },
    'next with route and with router': {
      app: () =>
        app((it) => {
          it.get('/r/:id', (_q, _s, next) => next('route'), answer)
          it.get('/r/:id', (_q, _s, next) => void setTimeout(next, 1, 'route'))
          it.get('/r/1', answer)
          const own = router((r) => {
            r.use((request, _s, next) => next(request.query.out ? 'router' : undefined))
            r.get('/x', (_q, _s, next) => next('router'))
            r.get('/x', answer)
          })
          it.use('/own', own)
          it.get('/own/x', answer)
          it.use((_q, response) => response.status(404).send('nothing'))
        }),
      requests: get('/r/1', '/r/2', '/own/x', '/own/x?out=1', '/own/y?out=1'),
    },
    'mounted apps': {
      app: () =>
        app((it) => {
          const innermost = app((sub) => sub.get('/y/:id', answer).use('/z', pass))
          const inner = app((sub) => {
            sub.use(pass)
            sub.use(express.json())
            sub.get('/', answer)
            sub.get('/x/:id', answer)
            sub.use('/inner', innermost)
            sub.use(router((r) => r.get('/r', answer)))
          })
          it.use(pass)
          it.use('/sub', inner)
          it.use(['/s1', '/s2'], pass, inner)
          it.use(inner)
          it.get('/after/:id', answer)
        }),
      requests: get(
        '/sub',
        '/sub/x/1',
        '/sub/inner/y/2',
        '/sub/r',
        '/s1/x/1',
        '/s2/inner/z',
        '/x/1',
        '/after/1',
        '/sub/none',
        '/',
      ),
    },
    'static files': {
      app: () =>
        app((it) => {
          it.use(express.static(__dirname))
          it.use('/assets', express.static(__dirname, { index: false }))
          it.use('/strict', express.static(__dirname, { fallthrough: false, redirect: false }))
          it.use((_q, response) => response.status(404).send('no such file'))
        }),
      requests: [
        ...get('/collect.cjs', '/assets/collect.cjs', '/assets/none.cjs', '/strict/none.cjs', '/none', '/'),
        'HEAD /assets/collect.cjs',
        'POST /assets/collect.cjs',
      ],
    },
    'nothing found': { app: () => app(), requests: get('/', '/none') },
    'middleware that answers': {
      app: () =>
        app((it) => {
          it.use('/mounted', (_q, response) => response.json({ by: 'middleware' }))
          it.use('/gate/:id', pass, (request, response, next) =>
            request.query.no ? response.status(401).json({}) : next(),
          )
          it.get('/gate/1', answer)
          it.get('/seen', pass)
          it.use((request, response) => response.json({ url: request.url }))
        }),
      requests: get('/mounted', '/mounted/x', '/gate/1', '/gate/2?no=1', '/gate/2', '/seen', '/', '/any'),
    },
    'handlers that never answer': {
      app: () => app((it) => it.get('/hang/:id', () => {}).use('/mounted', () => {})),
      requests: ['ABORT /hang/1', 'ABORT /mounted', 'ABORT /hang/2'],
    },
    'calls of next after the answer, and of more than one': {
      app: () =>
        app((it) => {
          const twice = (_q, _s, next) => {
            next()
            next()
          }
          it.get('/answered', (_q, response, next) => {
            response.send('done')
            next()
          })
          it.get('/failed', (_q, response, next) => {
            response.send('done')
            next(new Error('too late'))
          })
          it.use(
            '/twice',
            router((r) => r.get('/x', twice)),
          )
          it.use((_q, response) => response.headersSent || response.send('last'))
          it.use((_error, _q, response, _next) => response.headersSent || response.send('error'))
        }),
      requests: get('/answered', '/failed', '/twice/x'),
    },
    'case-sensitive and strict': {
      app: () =>
        app(
          (it) => it.enable('case sensitive routing').enable('strict routing'),
          (it) => it.get('/Case', answer).get('/strict/', answer),
        ),
      requests: get('/Case', '/case', '/strict', '/strict/'),
    },
    'spans of the application': {
      app: () =>
        app((it) => {
          it.use((_q, _s, next) => tracer.startActiveSpan('middleware of ours', (span) => { next(); span.end() })) // biome-ignore format: one thing
          it.get('/span/:id', async (_q, response) => {
            inside('before')
            await later()
            inside('after')
            setTimeout(() => {
              inside('timer')
              response.send('ok')
            }, 1)
            response.on('finish', () => inside('finish'))
          })
          it.get(
            '/chain',
            async (_q, _s, next) => {
              await later()
              inside('first')
              next()
            },
            (_q, _s, next) => {
              inside('second')
              next('route')
            },
          )
          it.get('/chain', (_q, _s, next) =>
            tracer.startActiveSpan('around', (span) => {
              next()
              inside('after next')
              span.end()
            }),
          )
          it.use((_q, response) => {
            inside('last')
            response.send('ok')
          })
        }),
      requests: get('/span/1', '/chain', '/else'),
    },
    'contexts that are lost or changed': {
      app: () =>
        app((it) => {
          it.use('/lost', (_q, _s, next) => context.with(ROOT_CONTEXT, next))
          it.use('/changed', (_q, _s, next) => context.with(ROOT_CONTEXT.setValue(Symbol.for('x'), 1), () => tracer.startActiveSpan('other', (span) => { next(); span.end() }))) // biome-ignore format: one thing
          it.use(
            ['/lost', '/changed'],
            router((r) => r.use(pass).get('/:id', pass).get('/:id', answer)),
          )
        }),
      requests: get('/lost/1', '/changed/1'),
    },
    'routers that are called by hand, and urls that are rewritten': {
      app: () =>
        app((it) => {
          const own = router((r) => r.use(pass).get('/:id', answer).use(pass))
          it.use('/hand', (request, response, next) => own(request, response, next))
          it.get('/rewritten', (request, _s, next) => {
            request.url = '/target/1'
            next()
          })
          it.get('/again/:n', (request, response, next) => {
            request.url = '/target/2'
            return it.handle(request, response, next)
          })
          it.get('/target/:id', answer)
          it.use('/original', (request, _s, next) => {
            request.originalUrl = '/'
            next()
          })
          it.use((_q, response) => response.status(404).send('none'))
        }),
      requests: get('/hand/1', '/hand', '/rewritten', '/again/1', '/original', '/original/x'),
    },
    'one layer in two places, and functions with properties': {
      app: () =>
        app((it) => {
          const own = router((r) => r.get('/:id', answer))
          it.use('/one', own).use('/two', own)
          const named = Object.assign((_q, response) => response.send(String(named.hits++)), { hits: 1 })
          it.use('/named', named)
          it.use((request, response) => {
            const stack = (major === 5 ? it.router.stack : it._router.stack).map(
              (layer) => `${layer.name} ${layer.handle.stack?.length}`,
            )
            response.json(request.path === '/stack' ? stack : 'none')
          })
        }),
      requests: get('/one/1', '/two/2', '/named', '/named', '/stack', '/none'),
    },
    'redirects, files and streams': {
      app: () =>
        app((it) => {
          it.get('/redirect', (_q, response) => response.redirect('/file'))
          it.get('/file', (_q, response) => response.sendFile(`${__dirname}/collect.cjs`))
          it.get('/missing', (_q, response) => response.sendFile(`${__dirname}/missing`))
          it.get('/stream', async (_q, response) => {
            for (const part of ['a', 'b', 'c']) {
              response.write(part)
              await later()
            }
            inside('streamed')
            response.end()
          })
          it.get('/status/:code', (request, response) => response.sendStatus(Number(request.params.code)))
        }),
      requests: get('/redirect', '/file', '/missing', '/stream', '/status/204', '/status/404', '/status/503'),
    },
    'requests at once': {
      atOnce: true,
      app: () =>
        app((it) => {
          const wait = async (request, _s, next) => {
            await later(Number(request.query.ms ?? 1))
            next()
          }
          it.use(wait)
          it.use(
            '/api',
            wait,
            router((r) => r.use(wait).get('/:id', wait, answer).use('/mounted', wait, answer)),
          )
          it.get('/other/:id', wait, answer)
          it.use((_q, response) => response.status(404).send('none'))
        }),
      requests: get(
        ...[3, 1, 2].flatMap((ms) => [
          `/api/1?ms=${ms}`,
          `/other/2?ms=${ms}`,
          `/none?ms=${ms}`,
          `/api/mounted/x?ms=${ms}`,
        ]),
      ),
    },
  }
  return shapes

  function errors() {
    return router((r) => {
      r.get('/throws', () => {
        throw Object.assign(new Error('thrown'), { code: 'E_THROWN' })
      })
      r.get('/next/:id', (_q, _s, next) => next(new TypeError('next')))
      r.get('/text', (_q, _s, next) => next('a text'))
      r.get('/object', (_q, _s, next) => next({ message: 'no error' }))
      r.get('/falsy', (_q, _s, next) => next(0), answer)
      r.get('/null', (_q, _s, next) => next(null), answer)
      r.get('/later', (_q, _s, next) => void setTimeout(next, 1, new Error('later')))
      r.get('/second', slow, (_q, _s, next) => next(new Error('second')))
      r.use('/mounted', (_q, _s, next) => next(new Error('mounted')))
      if (major === 5) {
        r.get('/rejects/:id', async () => {
          await later()
          throw new Error('rejected')
        })
        r.get('/empty', () => Promise.reject())
        r.use('/rejecting', async () => {
          throw new Error('middleware')
        })
      }
    })
  }
  function errorPaths(mount = '') {
    const paths = ['/throws', '/next/1', '/text', '/object', '/falsy', '/null', '/later', '/second', '/mounted']
    return [...paths, ...(major === 5 ? ['/rejects/1', '/empty', '/rejecting'] : [])].map((path) => mount + path)
  }
}
