/** Instrumentations by code of our own, in place of OpenTelemetry's: each is a chunk that loads when its target does. */
import type { Instrumentation } from '@opentelemetry/instrumentation'
import type { LogCorrelationOptions } from '../config/options.ts'
import { loadLazily } from '../lazy.ts'
import type * as Express from './express/index.ts'
import type * as Http from './http/index.ts'
import type * as Ioredis from './ioredis/index.ts'
import type * as Mysql2 from './mysql2/index.ts'
import type { InstrumentationName, InstrumentationSettings } from './options.ts'
import type * as Pg from './pg/index.ts'
import { createPinoInstrumentation } from './pino/instrumentation.ts'
import type * as Redis from './redis/index.ts'
import type * as Routes from './routes/instrumentation.ts'
import { ROUTES } from './targets.ts'
import type * as Undici from './undici/index.ts'

type Create = (config: Record<string, unknown>) => Instrumentation

const OWN: Partial<Record<InstrumentationName, Create>> = {
  http: (config) => loadLazily<typeof Http>('http').createHttp(config),
  express: () => loadLazily<typeof Express>('express').createExpress(),
  undici: (config) => loadLazily<typeof Undici>('undici').createUndici(config),
  pg: (config) => loadLazily<typeof Pg>('pg').createPg(config),
  ioredis: (config) => loadLazily<typeof Ioredis>('ioredis').createIoredis(config),
  redis: (config) => loadLazily<typeof Redis>('redis').createRedis(config),
  mysql2: (config) => loadLazily<typeof Mysql2>('mysql2').createMysql2(config),
}

/** With settings of the user's own, OpenTelemetry's instrumentation sees to them all. */
export function chooseOwn(settings: InstrumentationSettings): Record<string, Create> {
  const chosen = Object.entries(OWN).filter(([name]) => typeof settings[name as InstrumentationName] !== 'object')
  return {
    ...Object.fromEntries(chosen),
    pino: (config: LogCorrelationOptions) => createPinoInstrumentation(config),
    [ROUTES]: () => loadLazily<typeof Routes>('routes').createRoutes(),
  }
}
