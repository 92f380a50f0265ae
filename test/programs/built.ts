/** Frameworks that are bundled with the plugin, so that their own server is traceable: a small app of each, and the names that its requests must have. */
import type { Framework } from './frameworks.ts'

const PLUGIN = `import { rollupPlugin } from 'uptrace-node/bundler'\n`

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
]
