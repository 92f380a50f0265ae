/** What is watched: the catalogue of instrumentations, those that are ours alone, and frameworks of which only the route of a request is taken. */
import { TARGETS as CATALOGUE } from './catalogue.generated.ts'

/** An instrumentation that makes no spans; it goes with that of http. */
export const ROUTES = 'routes'

/** Instrumentations that the catalogue has none of. */
export const OURS_ALONE = ['trpc'] as const

/** Frameworks of which the route of a request is taken. */
const ROUTED = ['hono', 'h3', 'polka', 'react-router', '@remix-run/server-runtime', '@remix-run/router']

/** Module -> the instrumentations that patch it. */
export const TARGETS: Readonly<Record<string, readonly string[]>> = {
  ...CATALOGUE,
  ...Object.fromEntries(ROUTED.map((name) => [name, [ROUTES]])),
  '@trpc/server': ['trpc'],
  // what GraphQL Yoga executes with
  '@graphql-tools/executor': ['graphql'],
}
