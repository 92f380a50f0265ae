/** What is watched: the catalogue of instrumentations, and frameworks of which only the route of a request is taken. */
import { TARGETS as CATALOGUE } from './catalogue.generated.ts'

/** An instrumentation that makes no spans; it goes with that of http. */
export const ROUTES = 'routes'

/** The logger of Nest as log records; on by an option. */
export const NEST_LOGS = 'nest-logs'

/** Module -> the instrumentations that patch it. */
export const TARGETS: Readonly<Record<string, readonly string[]>> = {
  ...CATALOGUE,
  hono: [ROUTES],
  h3: [ROUTES],
  '@nestjs/common': [NEST_LOGS],
}
