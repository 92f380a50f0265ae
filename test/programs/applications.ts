/** Applications as people install them: how each is started, and what it is asked for. */
import type { Ask, Program } from './program.ts'
import { STRAPI } from './strapi.ts'

export interface Application {
  readonly name: string
  readonly packages: readonly string[]
  /** Ranges for dependencies of theirs that can't be installed as they stand. */
  readonly overrides?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  /** What it would build or fetch is not needed. */
  readonly ignoreScripts?: boolean
  /** It gets an empty database of this name, by `DATABASE_URL`; without a PostgreSQL server it is passed over. */
  readonly database?: string
  readonly program: Omit<Program, 'folder'>
  /** Whether its framework knows routes, or it hands out files and proxies. */
  readonly hasRoutes: boolean
}

export const APPLICATIONS: readonly Application[] = [
  {
    name: 'json-server',
    packages: ['json-server'],
    files: { 'db.json': JSON.stringify({ posts: [{ id: '1', title: 'a' }], comments: [] }) },
    hasRoutes: true,
    program: {
      args: ['node_modules/json-server/lib/cli/bin.js', 'db.json', '--port', '{port}'],
      ready: '/favicon.ico',
      asks: [
        '/posts',
        '/posts/1',
        '/posts/none',
        { path: '/posts', method: 'POST', body: { title: 'b' } },
        { path: '/posts/1', method: 'PATCH', body: { title: 'c' } },
        '/comments',
      ],
    },
  },
  {
    name: 'peer',
    packages: ['peer'],
    hasRoutes: true,
    program: {
      args: ['node_modules/peer/dist/bin/peerjs.js', '--port', '{port}', '--path', '/app'],
      ready: '/app',
      asks: [
        '/app/peerjs/id',
        '/app/peerjs/peers',
        '/app/none',
        '/none',
        { path: '/app/peerjs/id', method: 'POST', body: {} },
      ],
    },
  },
  {
    name: 'verdaccio',
    packages: ['verdaccio'],
    overrides: { 'node-fetch': '2' },
    files: {
      'config.yaml': `storage: ./storage\nauth: { htpasswd: { file: ./htpasswd } }\nuplinks: {}\npackages: { '**': { access: $all, publish: $all } }\nlog: { type: stdout, format: pretty, level: error }\n`,
    },
    hasRoutes: true,
    program: {
      args: ['node_modules/verdaccio/bin/verdaccio', '--config', 'config.yaml', '--listen', '{port}'],
      ready: '/-/ping',
      asks: [
        '/-/ping',
        '/-/whoami',
        '/none-such',
        '/@scope%2fnone',
        '/-/verdaccio/data/packages',
        '/-/v1/search?text=x',
      ],
    },
  },
  {
    name: 'node-red',
    packages: ['node-red'],
    // it writes its settings there as CommonJS
    files: { 'user/package.json': '{"name":"flows","private":true}' },
    hasRoutes: true,
    program: {
      args: ['node_modules/node-red/red.js', '--userDir', './user', '--port', '{port}'],
      ready: '/settings',
      asks: ['/settings', '/flows', '/nodes', '/library/local/flows', '/locales/editor', '/none', '/auth/login'],
    },
  },
  {
    name: 'unleash-server',
    packages: ['unleash-server'],
    database: 'uptrace_unleash',
    hasRoutes: true,
    files: {
      'main.mjs': `import { start } from 'unleash-server'\nawait start({ db: { connectionString: process.env.DATABASE_URL, ssl: false }, server: { port: Number(process.env.PORT) }, authentication: { type: 'none' }, logLevel: 'fatal' })\n`,
    },
    program: {
      args: ['main.mjs'],
      env: { DATABASE_SSL: 'false' },
      ready: '/health',
      asks: [
        '/api/admin/projects',
        '/api/admin/projects/default/features',
        '/api/admin/ui-config',
        '/api/admin/none',
        '/api/client/features',
      ],
    },
  },
  {
    name: 'vendure',
    packages: ['@vendure/core', 'sql.js', 'reflect-metadata'],
    hasRoutes: true,
    files: {
      'main.cjs': `require('reflect-metadata')\nconst { bootstrap, DefaultLogger } = require('@vendure/core')\nbootstrap({ apiOptions: { hostname: '127.0.0.1', port: Number(process.env.PORT), adminApiPath: 'admin-api', shopApiPath: 'shop-api' }, authOptions: { tokenMethod: ['bearer'], superadminCredentials: { identifier: 'admin', password: 'admin-pass' } }, dbConnectionOptions: { type: 'sqljs', synchronize: true }, paymentOptions: { paymentMethodHandlers: [] }, logger: new DefaultLogger({ level: 0 }) })\n`,
    },
    program: {
      args: ['main.cjs'],
      ready: '/health',
      asks: [
        graphql('/shop-api', 'query Products { products { totalItems } }'),
        graphql('/shop-api', '{ activeChannel { code } }'),
        graphql('/shop-api', 'query Wrong { none }'),
        graphql('/admin-api', 'query Me { me { identifier } }'),
        graphql(
          '/admin-api',
          'mutation In { login(username: "admin", password: "wrong") { __typename ... on CurrentUser { identifier } } }',
        ),
        '/none',
      ],
    },
  },
  {
    name: 'strapi',
    // not all parts of the newest are always there
    packages: ['@strapi/strapi@~5.54', 'react@18', 'react-dom@18', 'react-router-dom@6', 'styled-components@6', 'pg'],
    ignoreScripts: true,
    database: 'uptrace_strapi',
    hasRoutes: true,
    files: STRAPI,
    program: {
      args: ['main.cjs'],
      env: { NODE_ENV: 'production', STRAPI_TELEMETRY_DISABLED: '1' },
      ready: '/_health',
      asks: [
        '/api/posts',
        { path: '/api/posts', method: 'POST', body: { data: { title: 'a' } } },
        { path: '/api/posts', method: 'POST', body: {} },
        '/api/posts/none',
        '/api/none',
        '/admin/init',
        '/admin/users/me',
        '/content-manager/content-types',
      ],
    },
  },
  {
    name: 'parse-server',
    packages: ['parse-server', 'express'],
    ignoreScripts: true,
    database: 'uptrace_parse',
    hasRoutes: true,
    files: {
      'main.cjs': `const express = require('express')\nconst { ParseServer } = require('parse-server')\nconst server = new ParseServer({ databaseURI: process.env.DATABASE_URL, appId: 'app', masterKey: 'master', serverURL: 'http://127.0.0.1:' + process.env.PORT + '/parse', silent: true, verbose: false, logLevel: 'error' })\nserver.start().then(() => { const app = express(); app.use('/parse', server.app); app.listen(Number(process.env.PORT), '127.0.0.1') })\n`,
    },
    program: {
      args: ['main.cjs'],
      headers: { 'x-parse-application-id': 'app', 'x-parse-master-key': 'master' },
      ready: '/parse/health',
      asks: [
        { path: '/parse/classes/Post', method: 'POST', body: { title: 'a' } },
        '/parse/classes/Post',
        '/parse/classes/Post/none',
        '/parse/schemas',
        { path: '/parse/login', method: 'POST', body: { username: 'a', password: 'b' } },
        '/parse/users/me',
        { path: '/parse/batch', method: 'POST', body: { requests: [] } },
        '/parse/none',
      ],
    },
  },
]

function graphql(path: string, query: string): Ask {
  return { path, method: 'POST', body: { query } }
}
