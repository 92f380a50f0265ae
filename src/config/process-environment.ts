/** The environment of the program. */

/**
 * In its cluster mode PM2 hands over what a program was started with as JSON in one variable, which a script of its own unpacks: after the preload.
 * @see https://pm2.keymetrics.io/docs/usage/cluster-mode/
 */
export function readProcessEnvironment(): Readonly<Record<string, string | undefined>> {
  const { pm2_env: packed } = process.env
  if (packed === undefined) return process.env
  try {
    const own = Object.entries(JSON.parse(packed) as object).filter(([, value]) => typeof value === 'string')
    return { ...process.env, ...(Object.fromEntries(own) as Record<string, string>) }
  } catch {
    return process.env
  }
}
