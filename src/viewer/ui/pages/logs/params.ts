/** What the page asks the back end for, from the address. */
import { type Params, param } from '../../lib/location.tsx'
import { windowParams } from '../../lib/window.ts'

/** Call it inside `useQuery`'s function. */
export function logParams(): Params {
  return { ...windowParams(), q: param('q'), trace: param('only') === '' ? '' : param('trace') }
}

/** Changes when another set of records is asked for, though not as time goes by. */
export function filterKey(): string {
  const own = ['q', 'last', 'from', 'to', 'run'].map(param)
  return JSON.stringify([...own, windowParams()['service'], param('only') === '' ? '' : param('trace')])
}
