/** Applications as people install them: how each is started, and what it is asked for. */
import type { Program } from './program.ts'

export interface Application {
  readonly name: string
  readonly packages: readonly string[]
  /** Ranges for dependencies of theirs that can't be installed as they stand. */
  readonly overrides?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
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
]
