/** Frameworks that are bundled with the plugin, so that their own server is traceable: a small app of each, and the names that its requests must have. */
import type { Framework } from './frameworks.ts'

const PLUGIN = `import { rollupPlugin } from 'uptrace-node/bundler'\n`

const solidStart = (name: string, packages: readonly string[], files: Framework['files']): Framework => ({
  name,
  packages: [...packages, '@solidjs/router', 'solid-js@1'],
  files: {
    ...files,
    'tsconfig.json': `{ "compilerOptions": { "jsx": "preserve", "jsxImportSource": "solid-js", "module": "ESNext", "moduleResolution": "bundler" } }\n`,
    'src/app.tsx': `import { Router } from '@solidjs/router'\nimport { FileRoutes } from '@solidjs/start/router'\nimport { Suspense } from 'solid-js'\nexport default () => <Router root={(props) => <Suspense>{props.children}</Suspense>}><FileRoutes /></Router>\n`,
    'src/entry-server.tsx': `import { createHandler, StartServer } from '@solidjs/start/server'\nexport default createHandler(() => <StartServer document={({ assets, children, scripts }) => <html><head>{assets}</head><body><div id="app">{children}</div>{scripts}</body></html>} />)\n`,
    'src/entry-client.tsx': `import { mount, StartClient } from '@solidjs/start/client'\nmount(() => <StartClient />, document.getElementById('app'))\n`,
    'src/routes/index.tsx': `export default () => <h1>home</h1>\n`,
    'src/routes/(group)/posts/[id].tsx': `export default () => <h1>post</h1>\n`,
    'src/routes/api/[thing].ts': `export const GET = ({ params }) => ({ thing: params.thing })\n`,
  },
  build: [name.endsWith('-1') ? 'node_modules/vinxi/bin/cli.mjs' : 'node_modules/vite/bin/vite.js', 'build'],
  program: { args: ['.output/server/index.mjs'], ready: '/favicon.ico' },
  requests: {
    '/': 'GET /',
    '/posts/1?a=b': 'GET /posts/:id',
    '/api/2': 'GET /api/:thing',
    '/none': 'GET',
  },
})

const ANGULAR = [
  'ssr',
  'build',
  'cli',
  'common',
  'compiler',
  'compiler-cli',
  'core',
  'platform-browser',
  'platform-server',
  'router',
].map((name) => `@angular/${name}`)

export const BUILT: readonly Framework[] = [
  {
    name: 'nitro-2',
    packages: ['nitropack@2'],
    files: {
      'nitro.config.ts': `${PLUGIN}export default { preset: 'node-server', compatibilityDate: '2025-01-01', rollupConfig: { plugins: [rollupPlugin()] } }\n`,
      'routes/posts/[id].get.ts': `export default defineEventHandler((event) => ({ id: event.context.params.id }))\n`,
      'routes/within/[id].get.ts': `export default defineEventHandler(() => $fetch('/posts/1'))\n`,
    },
    build: ['node_modules/nitropack/dist/cli/index.mjs', 'build'],
    program: { args: ['.output/server/index.mjs'], ready: '/favicon.ico' },
    requests: { '/posts/1': 'GET /posts/:id', '/within/2': 'GET /within/:id', '/none': 'GET' },
  },
  {
    name: 'nuxt',
    packages: ['nuxt@4', 'rolldown@1.0.0'],
    // releases of Vite 8 after the first ones do not build Nuxt 4.5
    overrides: { vite: '8.0.0', rolldown: '1.0.0' },
    files: {
      'nuxt.config.ts': `${PLUGIN}export default defineNuxtConfig({ compatibilityDate: '2025-07-15', telemetry: false, nitro: { rollupConfig: { plugins: [rollupPlugin()] } } })\n`,
      'app/app.vue': '<template><NuxtPage /></template>\n',
      'app/pages/index.vue': '<template><p>home</p></template>\n',
      'app/pages/posts/[id].vue':
        '<script setup>\nconst { data } = await useFetch("/api/items/" + useRoute().params.id)\n</script>\n<template><p>{{ data }}</p></template>\n',
      'server/api/items/[id].get.ts': `export default defineEventHandler((event) => ({ id: getRouterParam(event, 'id') }))\n`,
    },
    build: ['node_modules/nuxt/bin/nuxt.mjs', 'build'],
    program: { args: ['.output/server/index.mjs'], ready: '/favicon.ico' },
    requests: { '/': 'GET /', '/posts/1': 'GET /posts/:id', '/api/items/2': 'GET /api/items/:id', '/none': 'GET /**' },
  },
  {
    name: 'astro',
    packages: ['astro', '@astrojs/node'],
    files: {
      'astro.config.mjs': `${PLUGIN}import node from '@astrojs/node'\nexport default { output: 'server', adapter: node({ mode: 'standalone' }), vite: { plugins: [rollupPlugin()] } }\n`,
      'src/pages/index.astro': '<p>home</p>\n',
      'src/pages/posts/[id].astro': '<p>{Astro.params.id}</p>\n',
      'src/pages/api/[...rest].ts': `export const GET = ({ params }) => Response.json(params)\n`,
    },
    build: ['node_modules/astro/bin/astro.mjs', 'build'],
    program: { args: ['dist/server/entry.mjs'], ready: '/favicon.ico' },
    requests: { '/': 'GET /', '/posts/1': 'GET /posts/[id]', '/api/a/b': 'GET /api/[...rest]', '/none': 'GET' },
  },
  {
    name: 'tanstack-start',
    packages: [
      '@tanstack/react-start',
      '@tanstack/react-router',
      'react',
      'react-dom',
      'vite',
      '@vitejs/plugin-react',
      'srvx',
    ],
    files: {
      'vite.config.ts': `${PLUGIN}import { tanstackStart } from '@tanstack/react-start/plugin/vite'\nimport react from '@vitejs/plugin-react'\nexport default { plugins: [rollupPlugin(), tanstackStart(), react()] }\n`,
      'src/router.tsx': `import { createRouter } from '@tanstack/react-router'\nimport { routeTree } from './routeTree.gen'\nexport function getRouter() { return createRouter({ routeTree }) }\n`,
      'src/routes/__root.tsx': `import { createRootRoute, HeadContent, Link, Outlet, Scripts } from '@tanstack/react-router'\nexport const Route = createRootRoute({ component: () => <html><head><HeadContent /></head><body><Link to="/">home</Link><Link to="/posts/$id" params={{ id: '9' }}>nine</Link><Outlet /><Scripts /></body></html> })\n`,
      'src/routes/index.tsx': `import { createFileRoute } from '@tanstack/react-router'\nexport const Route = createFileRoute('/')({ component: () => <p>home</p> })\n`,
      'src/routes/posts.$id.tsx': `import { createFileRoute } from '@tanstack/react-router'\nexport const Route = createFileRoute('/posts/$id')({ loader: () => ({ ok: true }), component: () => <p>post</p> })\n`,
      'src/routes/api.$thing.ts': `import { createFileRoute } from '@tanstack/react-router'\nexport const Route = createFileRoute('/api/$thing')({ server: { handlers: { GET: async ({ params }) => Response.json(params) } } })\n`,
      'main.mjs': `import { serve } from 'srvx/node'\nconst { default: server } = await import('./dist/server/server.js')\nserve({ port: Number(process.env.PORT), hostname: '127.0.0.1', fetch: server.fetch })\n`,
    },
    build: ['node_modules/vite/bin/vite.js', 'build'],
    program: { args: ['main.mjs'], ready: '/favicon.ico' },
    requests: { '/': 'GET /', '/posts/1?a=b': 'GET /posts/$id', '/api/2': 'GET /api/$thing', '/none': 'GET' },
  },
  solidStart('solid-start', ['@solidjs/start@2', 'vite@8', 'nitro@3.0.260903-beta'], {
    'vite.config.ts': `${PLUGIN}import { solidStart } from '@solidjs/start/config'\nimport { nitro } from 'nitro/vite'\nexport default { plugins: [rollupPlugin(), solidStart(), nitro()] }\n`,
  }),
  solidStart('solid-start-1', ['@solidjs/start@1', 'vinxi@0.5'], {
    'app.config.ts': `${PLUGIN}import { defineConfig } from '@solidjs/start/config'\nexport default defineConfig({ vite: { plugins: [rollupPlugin()] } })\n`,
  }),
  {
    name: 'qwik-city',
    packages: ['@builder.io/qwik-city', '@builder.io/qwik', 'vite@7'],
    files: {
      'vite.config.mjs': `import { qwikVite } from '@builder.io/qwik/optimizer'\nimport { qwikCity } from '@builder.io/qwik-city/vite'\nexport default () => ({ plugins: [qwikCity(), qwikVite()] })\n`,
      'server.config.mjs': `${PLUGIN}import { nodeServerAdapter } from '@builder.io/qwik-city/adapters/node-server/vite'\nimport { extendConfig } from '@builder.io/qwik-city/vite'\nimport base from './vite.config.mjs'\nexport default extendConfig(base, () => ({ build: { ssr: true, rollupOptions: { input: ['src/entry.server.tsx', '@qwik-city-plan'] } }, plugins: [rollupPlugin(), nodeServerAdapter({ name: 'node' })] }))\n`,
      'src/root.tsx': `import { component$ } from '@builder.io/qwik'\nimport { QwikCityProvider, RouterOutlet } from '@builder.io/qwik-city'\nexport default component$(() => <QwikCityProvider><head /><body><RouterOutlet /></body></QwikCityProvider>)\n`,
      'src/entry.ssr.tsx': `import { renderToStream } from '@builder.io/qwik/server'\nimport Root from './root'\nexport default (options) => renderToStream(<Root />, options)\n`,
      'src/entry.server.tsx': `import { createQwikCity } from '@builder.io/qwik-city/middleware/node'\nimport qwikCityPlan from '@qwik-city-plan'\nimport render from './entry.ssr'\nimport { createServer } from 'node:http'\nconst { router, notFound } = createQwikCity({ render, qwikCityPlan })\ncreateServer((request, response) => router(request, response, () => notFound(request, response, () => {}))).listen(Number(process.env.PORT), '127.0.0.1')\n`,
      'src/routes/index.tsx': `import { component$ } from '@builder.io/qwik'\nexport default component$(() => <h1>home</h1>)\n`,
      'src/routes/(group)/posts/[id]/index.tsx': `import { component$ } from '@builder.io/qwik'\nexport default component$(() => <h1>post</h1>)\n`,
      'src/routes/api/[...rest]/index.ts': `export const onGet = ({ params, json }) => { json(200, params) }\n`,
      'tsconfig.json': `{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "@builder.io/qwik", "module": "ESNext", "moduleResolution": "bundler" } }\n`,
    },
    build: [
      ['node_modules/vite/bin/vite.js', 'build'],
      ['node_modules/vite/bin/vite.js', 'build', '-c', 'server.config.mjs'],
    ],
    program: { args: ['server/entry.server.js'], ready: '/favicon.ico' },
    requests: {
      '/': 'GET /',
      '/posts/1/': 'GET /posts/[id]/',
      '/posts/1/q-data.json': 'GET /posts/[id]/',
      '/api/a/b/': 'GET /api/[...rest]',
      '/none/': 'GET',
    },
  },
  {
    name: 'vike',
    packages: ['vike', 'vike-react', 'react', 'react-dom', 'vite@7', '@vitejs/plugin-react@5', 'express@5'],
    files: {
      'vite.config.js': `import vike from 'vike/plugin'\nimport react from '@vitejs/plugin-react'\nexport default { plugins: [vike(), react()] }\n`,
      'pages/+config.js': `import vikeReact from 'vike-react/config'\nexport default { extends: vikeReact }\n`,
      'pages/index/+Page.jsx': `export default () => <h1>home</h1>\n`,
      'pages/posts/@id/+Page.jsx': `export default () => <h1>post</h1>\n`,
      'pages/posts/@id/+data.js': `export const data = ({ routeParams }) => routeParams\n`,
      'pages/own/+Page.jsx': `export default () => <h1>own</h1>\n`,
      'pages/own/+route.js': `export default '/own/@name/edit'\n`,
      'pages/_error/+Page.jsx': `export default () => <h1>none</h1>\n`,
      'main.mjs': `import express from 'express'\nimport { renderPage } from 'vike/server'\nawait import('./dist/server/entry.mjs')\nconst app = express()\napp.get('/api/:thing', (request, response) => response.json(request.params))\napp.get('/{*any}', async (request, response) => { const { httpResponse } = await renderPage({ urlOriginal: request.originalUrl }); response.status(httpResponse.statusCode).send(await httpResponse.getBody()) })\napp.listen(process.env.PORT, '127.0.0.1')\n`,
    },
    build: ['node_modules/vike/bin.js', 'build'],
    program: { args: ['main.mjs'], env: { NODE_ENV: 'production' }, ready: '/favicon.ico' },
    requests: {
      '/': 'GET /',
      '/posts/1': 'GET /posts/@id',
      '/posts/1/index.pageContext.json': 'GET /posts/@id',
      '/own/2/edit': 'GET /own/@name/edit',
      '/api/3': 'GET /api/:thing',
      '/none': 'GET /{*any}',
    },
  },
  {
    name: 'angular',
    packages: [...ANGULAR, ...['express@5', 'rxjs@7', 'tslib', 'typescript@6.0', '@types/node@22', '@types/express@5']],
    files: {
      'angular.json': JSON.stringify({
        version: 1,
        projects: {
          app: {
            projectType: 'application',
            root: '',
            sourceRoot: 'src',
            architect: {
              build: {
                builder: '@angular/build:application',
                options: {
                  outputPath: 'dist',
                  index: 'src/index.html',
                  browser: 'src/main.ts',
                  server: 'src/main.server.ts',
                  ssr: { entry: 'src/server.ts' },
                  outputMode: 'server',
                  tsConfig: 'tsconfig.json',
                  security: { allowedHosts: ['127.0.0.1'] },
                },
              },
            },
          },
        },
      }),
      'tsconfig.json': `{ "compilerOptions": { "target": "ES2022", "module": "preserve", "skipLibCheck": true, "experimentalDecorators": true, "types": ["node"] }, "include": ["src"] }\n`,
      'src/index.html': `<!doctype html><html><head><base href="/"></head><body><app-root></app-root></body></html>\n`,
      'src/app.ts': `import { ApplicationConfig, Component } from '@angular/core'\nimport { provideRouter, RouterOutlet } from '@angular/router'\n@Component({ selector: 'app-root', imports: [RouterOutlet], template: '<router-outlet />' })\nexport class App {}\n@Component({ template: 'page' })\nclass Page {}\nexport const config: ApplicationConfig = { providers: [provideRouter([{ path: '', component: Page }, { path: 'posts', children: [{ path: ':id', component: Page }] }])] }\n`,
      'src/main.ts': `import { bootstrapApplication } from '@angular/platform-browser'\nimport { App, config } from './app'\nbootstrapApplication(App, config)\n`,
      'src/main.server.ts': `import { mergeApplicationConfig } from '@angular/core'\nimport { bootstrapApplication } from '@angular/platform-browser'\nimport { provideServerRendering, RenderMode, withRoutes } from '@angular/ssr'\nimport { App, config } from './app'\nconst server = mergeApplicationConfig(config, { providers: [provideServerRendering(withRoutes([{ path: '**', renderMode: RenderMode.Server }]))] })\nexport default (context: any) => bootstrapApplication(App, server, context)\n`,
      'src/server.ts': `import { AngularNodeAppEngine, createNodeRequestHandler, isMainModule, writeResponseToNodeResponse } from '@angular/ssr/node'\nimport express from 'express'\nconst app = express()\nconst engine = new AngularNodeAppEngine()\napp.get('/api/:thing', (request, response) => { response.json(request.params) })\napp.use((request, response, next) => { engine.handle(request).then((page) => (page ? writeResponseToNodeResponse(page, response) : next())).catch(next) })\nif (isMainModule(import.meta.url)) app.listen(process.env['PORT'])\nexport const reqHandler = createNodeRequestHandler(app)\n`,
    },
    build: ['node_modules/@angular/cli/bin/ng.js', 'build'],
    program: { args: ['dist/server/server.mjs'], ready: '/favicon.ico' },
    requests: { '/': 'GET /', '/posts/1?a=b': 'GET /posts/:id', '/api/2': 'GET /api/:thing', '/none': 'GET' },
  },
  {
    name: 'analog',
    packages: [
      ...['platform', 'router', 'content', 'vite-plugin-angular', 'vite-plugin-nitro'].map(
        (name) => `@analogjs/${name}@2`,
      ),
      ...ANGULAR.map((name) => `${name}@21`),
      ...['@angular/forms@21', '@angular/animations@21', 'rxjs@7', 'tslib', 'typescript@5.9', 'vite@7', 'nitropack@2'],
      ...['marked@15', 'marked-gfm-heading-id@4', 'marked-highlight@2', 'marked-mangle@1', 'marked-shiki@1', 'shiki@1'],
      ...['front-matter', 'mermaid', 'prismjs'],
    ],
    files: {
      'vite.config.ts': `${PLUGIN}import analog from '@analogjs/platform'\nexport default { resolve: { mainFields: ['module'] }, plugins: [rollupPlugin(), analog({ ssr: true, prerender: { routes: [] }, nitro: { rollupConfig: { plugins: [rollupPlugin()] } } })] }\n`,
      'tsconfig.json': `{ "compilerOptions": { "target": "ES2022", "module": "ES2022", "moduleResolution": "bundler", "skipLibCheck": true, "experimentalDecorators": true, "useDefineForClassFields": false }, "include": ["src/**/*.ts"] }\n`,
      'tsconfig.app.json': `{ "extends": "./tsconfig.json", "files": ["src/main.ts", "src/main.server.ts"], "include": ["src/app/pages/**/*.page.ts"] }\n`,
      'index.html': `<!doctype html><html><head><base href="/" /></head><body><app-root></app-root><script type="module" src="/src/main.ts"></script></body></html>\n`,
      'src/app.ts': `import { Component, provideZonelessChangeDetection } from '@angular/core'\nimport { RouterOutlet } from '@angular/router'\nimport { provideFileRouter } from '@analogjs/router'\nimport { provideServerRendering } from '@angular/ssr'\n@Component({ selector: 'app-root', imports: [RouterOutlet], template: '<router-outlet />' })\nexport class App {}\nexport const config = { providers: [provideZonelessChangeDetection(), provideFileRouter(), provideServerRendering()] }\n`,
      'src/main.ts': `import { bootstrapApplication } from '@angular/platform-browser'\nimport { App, config } from './app'\nbootstrapApplication(App, config)\n`,
      'src/main.server.ts': `import '@angular/platform-server/init'\nimport { render } from '@analogjs/router/server'\nimport { App, config } from './app'\nexport default render(App, config)\n`,
      'src/app/pages/index.page.ts': `import { Component } from '@angular/core'\n@Component({ template: 'home' })\nexport default class Home {}\n`,
      'src/app/pages/posts.[id].page.ts': `import { Component } from '@angular/core'\n@Component({ template: 'post' })\nexport default class Post {}\n`,
      'src/server/routes/api/[thing].ts': `import { defineEventHandler, getRouterParam } from 'h3'\nexport default defineEventHandler((event) => ({ thing: getRouterParam(event, 'thing') }))\n`,
    },
    build: ['node_modules/vite/bin/vite.js', 'build'],
    program: { args: ['dist/analog/server/index.mjs'], ready: '/favicon.ico' },
    requests: { '/': 'GET /', '/posts/1': 'GET /posts/:id', '/api/2': 'GET /api/:thing', '/none': 'GET /**' },
  },
]
