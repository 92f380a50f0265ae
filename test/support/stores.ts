/** PostgreSQL and Redis of the tests, as the examples read them. */

/** Unset where scripts/services.sh has not told of them: `eval "$(scripts/services.sh env)"`. */
export const POSTGRES_URL = process.env['UPTRACE_TEST_POSTGRES_URL']
export const REDIS_URL = process.env['UPTRACE_TEST_REDIS_URL']

/** @returns the environment in which an example finds both. */
export function storesEnvironment(): Record<string, string> {
  const postgres = new URL(POSTGRES_URL!)
  return {
    PGHOST: postgres.hostname,
    PGPORT: postgres.port,
    PGUSER: postgres.username,
    PGPASSWORD: postgres.password,
    PGDATABASE: postgres.pathname.slice(1),
    REDIS_URL: REDIS_URL!,
  }
}
