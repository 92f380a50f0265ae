/** What is watched: the catalogue of instrumentations, libraries that only we trace, and frameworks of which only the route of a request is taken. */
import { TARGETS as CATALOGUE, CLASSES } from './catalogue.generated.ts'

/** An instrumentation that makes no spans; it goes with that of http. */
export const ROUTES = 'routes'
/** What follows the newer versions of a library that another instrumentation patches. */
export const GRAPHQL_17 = 'graphql-17'

/** The package that Express 5 has its routes in, used alone: it makes no spans either. */
export const EXPRESS_ROUTER = 'express-router'

/** What these instrumentations follow tells of itself on channels of Node: when it is loaded does not matter. */
const BY_CHANNELS: ReadonlySet<string> = new Set(['ai', GRAPHQL_17])

/** Instrumentations that go with another one, and by its settings. */
export const COMPANIONS: Readonly<Record<string, string>> = {
  [ROUTES]: 'http',
  [GRAPHQL_17]: 'graphql',
  [EXPRESS_ROUTER]: 'express',
}

/** Instrumentation of our own -> the modules that it patches. Built-ins are without `node:`. */
const OWN_LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  ai: ['ai'],
  'better-sqlite3': ['better-sqlite3'],
  bullmq: ['bullmq'],
  'connect-rpc': ['@connectrpc/connect-node'],
  cron: ['cron'],
  croner: ['croner'],
  http2: ['http2'],
  langchain: ['@langchain/core'],
  'node-cron': ['node-cron'],
  'node-sqlite': ['sqlite'],
  nodemailer: ['nodemailer'],
  postgres: ['postgres'],
  trpc: ['@trpc/server'],
  ws: ['ws'],
}

/** All that can be turned on and off. */
export const INSTRUMENTATIONS: readonly string[] = [...Object.keys(CLASSES), ...Object.keys(OWN_LIBRARIES)].sort()

/** Frameworks of which the route of a request is taken. */
const ROUTED = [
  ...['hono', 'h3', 'polka', 'react-router', '@remix-run/server-runtime', '@remix-run/router'],
  ...['elysia', '@loopback/rest', 'moleculer-web', '@feathersjs/transport-commons', '@eggjs/koa'],
  ...['find-my-way', 'trouter', 'itty-router', 'fets', 'openapi-backend', '@orpc/server', '@orpc/openapi'],
  ...['connect-route', 'microrouter', 'actionhero', '@marblejs/http', 'total4', 'total5', 'koa-route'],
  ...['koa-mount', 'koa-tree-router', 'astro', 'vue-router', '@tanstack/router-core', '@tinyhttp/app'],
  ...['@midwayjs/core', 'better-call', '@colyseus/better-call', '@angular/router', '@builder.io/qwik-city'],
  ...['@solidjs/router', '@solidjs/start', 'vike'],
]

/** Servers of GraphQL that hand their operations to another package, and take its functions as they load. */
export const PASSING_ON: Readonly<Record<string, string>> = { '@apollo/server': 'graphql', 'graphql-yoga': 'graphql' }

/** The logger of Nest as log records; on by an option. */
export const NEST_LOGS = 'nest-logs'

export const isToldOf = (moduleName: string): boolean =>
  TARGETS[moduleName]?.some((name) => BY_CHANNELS.has(name)) ?? false

/** Module -> the instrumentations that patch it. */
export const TARGETS: Readonly<Record<string, readonly string[]>> = {
  ...CATALOGUE,
  ...Object.fromEntries(Object.entries(OWN_LIBRARIES).flatMap(([name, modules]) => modules.map((of) => [of, [name]]))),
  ...Object.fromEntries(ROUTED.map((name) => [name, [ROUTES]])),
  graphql: [...CATALOGUE['graphql']!, GRAPHQL_17],
  router: [...CATALOGUE['router']!, EXPRESS_ROUTER],
  // what GraphQL Yoga executes with
  '@graphql-tools/executor': ['graphql'],
  '@nestjs/common': [NEST_LOGS],
}
