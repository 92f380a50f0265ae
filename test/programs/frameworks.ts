/** Frameworks that are built before they run: a small app of each, and the names that its requests must have. */
import { BUILT } from './built.ts'
import { PASSING_ROUTERS } from './passing-routers.ts'
import type { Program } from './program.ts'
import { ROUTERS } from './routers.ts'
import { SMALL_ROUTERS } from './small-routers.ts'

export interface Framework {
  readonly name: string
  readonly packages: readonly string[]
  /** Package -> version of it wherever it is asked for. */
  readonly overrides?: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
  /** Arguments of Node, or those of each step. */
  readonly build?: readonly string[] | ReadonlyArray<readonly string[]>
  /** Of Node, before those of the program. @default the preload */
  readonly flags?: readonly string[]
  /** A folder of the build that is moved to another place, and run there: it has all it needs. */
  readonly standalone?: string
  readonly program: Omit<Program, 'folder' | 'asks'>
  /** Path, or method and path, -> the name of its server span. */
  readonly requests: Readonly<Record<string, string>>
  /** Further spans that must be there. */
  readonly spans?: readonly string[]
}

const CONFIGURE = `import { configureOpentelemetry } from 'uptrace-node'\nconfigureOpentelemetry()\n`

/** Of the tests' PostgreSQL; without it there are no spans of queries. */
const DATABASE_URL = process.env['UPTRACE_TEST_POSTGRES_URL'] ?? ''
const QUERY = `const client = new pg.Client(process.env.DATABASE_URL); await client.connect(); await client.query('SELECT 1'); await client.end()`
const QUERY_SPANS = DATABASE_URL === '' ? [] : ['SELECT', 'pg.connect']

/** Next.js as it is deployed: a folder with a server and what it needs, and pg in node_modules. */
const standalone = (bundler: 'webpack' | 'turbopack'): Framework => ({
  name: `next-standalone-${bundler}`,
  packages: ['next', 'react', 'react-dom', 'pg'],
  files: {
    'next.config.mjs': `export default { output: 'standalone', serverExternalPackages: ['uptrace-node', 'pg'] }\n`,
    'instrumentation.js': `export async function register() { if (process.env.NEXT_RUNTIME === 'nodejs') (await import('uptrace-node')).configureOpentelemetry() }\n`,
    'app/layout.js': `export default function Layout({ children }) { return <html><body>{children}</body></html> }\n`,
    'app/posts/[id]/page.js': `import pg from 'pg'\nexport const dynamic = 'force-dynamic'\nexport default async function Post({ params }) { const { id } = await params; ${QUERY}; return <h1>post {id}</h1> }\n`,
    'app/api/things/[thing]/route.js': `import pg from 'pg'\nexport async function GET(request, { params }) { ${QUERY}; return Response.json(await params) }\n`,
  },
  build: ['node_modules/next/dist/bin/next', 'build', ...(bundler === 'webpack' ? ['--webpack'] : [])],
  flags: [],
  standalone: '.next/standalone',
  program: {
    args: ['server.js'],
    env: { NEXT_TELEMETRY_DISABLED: '1', HOSTNAME: '127.0.0.1', DATABASE_URL },
    ready: '/favicon.ico',
  },
  requests: { '/posts/1': 'GET /posts/[id]', '/api/things/2': 'GET /api/things/[thing]', '/none': 'GET' },
  spans: QUERY_SPANS,
})

export const FRAMEWORKS: readonly Framework[] = [
  ...BUILT,
  ...ROUTERS,
  ...SMALL_ROUTERS,
  ...PASSING_ROUTERS,
  standalone('webpack'),
  standalone('turbopack'),
  {
    name: 'remix',
    packages: [
      ...['@remix-run/node@2', '@remix-run/react@2', '@remix-run/serve@2', '@remix-run/dev@2'],
      ...['react@18', 'react-dom@18', 'vite@6', 'isbot', 'pg'],
    ],
    files: {
      'vite.config.mjs': `import { vitePlugin as remix } from '@remix-run/dev'\nexport default { plugins: [remix()] }\n`,
      'app/root.jsx': `import { Outlet, Scripts } from '@remix-run/react'\nexport default function App() { return <html><body><Outlet /><Scripts /></body></html> }\n`,
      'app/routes/_index.jsx': `export default function Home() { return <h1>home</h1> }\n`,
      'app/routes/posts.$id.jsx': `import pg from 'pg'\nimport { useLoaderData } from '@remix-run/react'\nexport async function loader({ params }) { ${QUERY}; return { id: params.id } }\nexport default function Post() { return <h1>{useLoaderData().id}</h1> }\n`,
      'app/routes/api.$thing.js': `export function loader({ params }) { return Response.json(params) }\n`,
    },
    build: ['node_modules/@remix-run/dev/dist/cli.js', 'vite:build'],
    program: {
      args: ['node_modules/@remix-run/serve/dist/cli.js', 'build/server/index.js'],
      env: { DATABASE_URL },
      ready: '/favicon.ico',
    },
    requests: { '/': 'GET /', '/posts/1': 'GET /posts/:id', '/api/2': 'GET /api/:thing', '/none': 'GET' },
    spans: QUERY_SPANS,
  },
  {
    name: 'polka',
    packages: ['polka@1.0.0-next.28', 'pg'],
    files: {
      'main.mjs': `import polka from 'polka'\nimport pg from 'pg'\nconst sub = polka().get('/list/:n', (q, r) => r.end('x'))\npolka().get('/posts/:id', async (q, r) => { ${QUERY}; r.end('x') }).use('/admin', sub).listen(process.env.PORT, '127.0.0.1')\n`,
    },
    program: { args: ['main.mjs'], env: { DATABASE_URL }, ready: '/favicon.ico' },
    requests: { '/posts/1': 'GET /posts/:id', '/admin/list/2': 'GET /admin/list/:n', '/none': 'GET' },
    spans: QUERY_SPANS,
  },
  {
    name: 'next',
    packages: ['next', 'react', 'react-dom'],
    files: {
      'next.config.mjs': `export default { serverExternalPackages: ['uptrace-node'] }\n`,
      'instrumentation.js': `export async function register() { if (process.env.NEXT_RUNTIME === 'nodejs') (await import('uptrace-node')).configureOpentelemetry() }\n`,
      'app/layout.js': `export default function Layout({ children }) { return <html><body>{children}</body></html> }\n`,
      'app/posts/[id]/page.js': `export default async function Post({ params }) { const { id } = await params; return <h1>post {id}</h1> }\n`,
      'app/api/things/[thing]/route.js': `export async function GET(request, { params }) { return Response.json(await params) }\n`,
      'proxy.js': `import { NextResponse } from 'next/server'\nexport const proxy = () => NextResponse.next()\nexport const config = { matcher: ['/posts/:path*'] }\n`,
      'pages/api/old/[id].js': `export default (request, response) => response.json({ ok: true })\n`,
    },
    build: ['node_modules/next/dist/bin/next', 'build'],
    flags: [],
    program: {
      args: ['node_modules/next/dist/bin/next', 'start', '--port', '{port}'],
      env: { NEXT_TELEMETRY_DISABLED: '1' },
      ready: '/favicon.ico',
    },
    requests: {
      '/posts/1': 'GET /posts/[id]',
      '/api/things/2': 'GET /api/things/[thing]',
      '/api/old/3': 'GET /api/old/[id]',
      '/none': 'GET',
    },
  },
  {
    name: 'sveltekit',
    packages: ['@sveltejs/kit', '@sveltejs/adapter-node', 'svelte', 'vite', '@sveltejs/vite-plugin-svelte'],
    files: {
      'vite.config.js': `import adapter from '@sveltejs/adapter-node'\nimport { sveltekit } from '@sveltejs/kit/vite'\nexport default { plugins: [sveltekit({ adapter: adapter(), tracing: { server: true } })] }\n`,
      'src/app.html': `<!doctype html><html><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>\n`,
      'src/instrumentation.server.js': CONFIGURE,
      'src/routes/(app)/posts/[id]/+page.svelte': `<script>let { data } = $props()</script><h1>{data.id}</h1>\n`,
      'src/routes/(app)/posts/[id]/+page.server.js': `export const load = ({ params }) => ({ id: params.id })\n`,
      'src/routes/api/[thing]/+server.js': `export const GET = ({ params }) => Response.json(params)\n`,
    },
    build: ['node_modules/vite/bin/vite.js', 'build'],
    flags: [],
    program: { args: ['build/index.js'], ready: '/favicon.ico' },
    requests: {
      '/posts/1': 'GET /posts/[id]',
      '/posts/1/__data.json': 'GET /posts/[id]',
      '/api/2': 'GET /api/[thing]',
      '/none': 'GET',
    },
  },
  {
    name: 'react-router',
    packages: [
      ...['@react-router/dev', '@react-router/node', '@react-router/serve', 'react-router'],
      ...['react', 'react-dom', 'vite', 'isbot'],
    ],
    files: {
      'vite.config.js': `import { reactRouter } from '@react-router/dev/vite'\nexport default { plugins: [reactRouter()] }\n`,
      'app/root.jsx': `import { Outlet, Scripts } from 'react-router'\nexport default function App() { return <html><body><Outlet /><Scripts /></body></html> }\n`,
      'app/routes.js': `import { index, route } from '@react-router/dev/routes'\nexport default [index('./home.jsx'), route('posts/:id', './post.jsx'), route('api/:thing', './thing.js')]\n`,
      'app/home.jsx': `export default function Home() { return <h1>home</h1> }\n`,
      'app/post.jsx': `export async function loader({ params }) { return { id: params.id } }\nexport default function Post({ loaderData }) { return <h1>{loaderData.id}</h1> }\n`,
      'app/thing.js': `export function loader({ params }) { return Response.json(params) }\n`,
    },
    build: ['node_modules/@react-router/dev/bin.cjs', 'build'],
    program: { args: ['node_modules/@react-router/serve/bin.cjs', 'build/server/index.js'], ready: '/favicon.ico' },
    requests: {
      '/': 'GET /',
      '/posts/1': 'GET /posts/:id',
      '/posts/1.data': 'GET /posts/:id',
      '/api/2': 'GET /api/:thing',
      '/none': 'GET',
    },
  },
  {
    name: 'nitro',
    packages: ['nitro'],
    files: {
      'nitro.config.ts': `import { rollupPlugin } from 'uptrace-node/bundler'\nexport default { preset: 'node-server', rollupConfig: { plugins: [rollupPlugin()] } }\n`,
      'routes/posts/[id].get.ts': `import { defineHandler } from 'nitro/h3'\nexport default defineHandler((event) => ({ id: event.context.params.id }))\n`,
    },
    build: ['node_modules/nitro/dist/cli/index.mjs', 'build'],
    program: { args: ['.output/server/index.mjs'], ready: '/favicon.ico' },
    requests: { '/posts/1': 'GET /posts/:id', '/none': 'GET' },
  },
  {
    name: 'nest',
    packages: ['@nestjs/core', '@nestjs/common', '@nestjs/platform-express', 'reflect-metadata', 'rxjs'],
    files: {
      'main.mjs': `import 'reflect-metadata'\nimport { Controller, Get, Module, Param } from '@nestjs/common'\nimport { NestFactory } from '@nestjs/core'\nclass Posts { one(id) { return 'post ' + id } }\nParam('id')(Posts.prototype, 'one', 0)\nGet(':id')(Posts.prototype, 'one', Object.getOwnPropertyDescriptor(Posts.prototype, 'one'))\nController('posts')(Posts)\nclass App {}\nModule({ controllers: [Posts] })(App)\nawait (await NestFactory.create(App, { logger: false })).listen(process.env.PORT)\n`,
    },
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: { '/posts/1': 'GET /posts/:id', '/none': 'GET' },
  },
  {
    name: 'apollo',
    packages: ['@apollo/server', 'graphql@16'],
    files: {
      'main.mjs': `import { ApolloServer } from '@apollo/server'\nimport { startStandaloneServer } from '@apollo/server/standalone'\nconst server = new ApolloServer({ csrfPrevention: false, typeDefs: 'type Query { hello: String }', resolvers: { Query: { hello: () => 'x' } } })\nawait startStandaloneServer(server, { listen: { port: Number(process.env.PORT) } })\n`,
    },
    program: { args: ['main.mjs'], ready: '/?query=%7B__typename%7D' },
    requests: { '/?query=query%20Hello%20%7Bhello%7D': 'GET' },
    spans: ['query Hello', 'graphql.resolve hello'],
  },
]
