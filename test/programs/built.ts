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
]
