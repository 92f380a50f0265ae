/** Variables whose names are nearly those of the table: they have no effect, and whoever set one waits for it. */
import { distance } from '../edit-distance.ts'
import type { Environment } from './environment.ts'
import { NOT_APPLICABLE, VARIABLES } from './variables.ts'

/** Letters that may be missing, too many or others. */
const MAX_CHANGES = 2
const MAX_TOLD = 5
/** Longer ones are no slips. */
const MAX_LENGTH = 80

/** The name that is set, and the one that was meant. */
export function findMisspelt(environment: Environment): ReadonlyArray<readonly [given: string, meant: string]> {
  const known = [...Object.keys(VARIABLES), ...Object.keys(NOT_APPLICABLE)]
  const found: [string, string][] = []
  for (const given of Object.keys(environment)) {
    if (found.length === MAX_TOLD) break
    if (!/^(OTEL|UPTRACE)_/i.test(given) || given.length > MAX_LENGTH || known.includes(given)) continue
    const name = given.toUpperCase()
    const meant = known.find((candidate) => distance(candidate, name, MAX_CHANGES) <= MAX_CHANGES)
    if (meant !== undefined) found.push([given, meant])
  }
  return found
}
