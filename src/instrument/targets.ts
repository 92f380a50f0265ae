/** What is watched: the catalogue of instrumentations, and frameworks of which only the route of a request is taken. */
import { TARGETS as CATALOGUE } from './catalogue.generated.ts'

/** An instrumentation that makes no spans; it goes with that of http. */
export const ROUTES = 'routes'

/** Module -> the instrumentations that patch it. */
export const TARGETS: Readonly<Record<string, readonly string[]>> = { ...CATALOGUE, hono: [ROUTES], h3: [ROUTES] }
