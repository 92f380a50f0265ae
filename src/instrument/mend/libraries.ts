/** What upstream's instrumentations miss or break in a library, put right beside them. */
import { context } from '@opentelemetry/api'

type Any = (...args: unknown[]) => unknown
type Exports = Record<string, unknown>

const MENDS: Readonly<Record<string, (exported: Exports) => void>> = {
  mysql2: mendMysql2,
  'graphql/execution/execute.js': mendGraphql,
}
const mended = new WeakSet<object>()

/** @returns what was given */
export function mend(moduleName: string, exported: unknown): unknown {
  try {
    const { default: whole } = Object(exported) as { default?: unknown }
    MENDS[moduleName]?.((whole ?? exported) as Exports)
  } catch {
    // another version, made in another way
  }
  return exported
}

/** A pool hands a connection on in the context of whoever gave it back: each who waits gets it in its own. */
function mendMysql2({ createPool }: Exports): void {
  const pool = (createPool as Any)({}) as object & { end?(callback: Any): void }
  for (
    let prototype = Object.getPrototypeOf(pool) as Exports | null;
    prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    const original = Object.hasOwn(prototype, 'getConnection') ? (prototype['getConnection'] as Any) : undefined
    if (original === undefined || mended.has(original)) continue
    const getConnection: Any = function (this: unknown, ...args) {
      return original.apply(
        this,
        args.map((arg) => (typeof arg === 'function' ? context.bind(context.active(), arg as Any) : arg)),
      )
    }
    mended.add(getConnection)
    prototype['getConnection'] = getConnection
  }
  pool.end?.(() => {})
}

/** Inside of its file `executeSync` calls the function that was there before; resolvers then find no data of the execution. */
function mendGraphql(exported: Exports): void {
  if (typeof exported['executeSync'] !== 'function' || mended.has(exported['executeSync'])) return
  const executeSync: Any = (args) => {
    const result = (exported['execute'] as Any)(args) as { then?: unknown } | undefined
    if (typeof result?.then === 'function') throw new Error('GraphQL execution failed to complete synchronously.')
    return result
  }
  mended.add(executeSync)
  exported['executeSync'] = executeSync
}
