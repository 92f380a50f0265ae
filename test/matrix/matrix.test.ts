/** The matrix on the Node that runs the tests: traced, or a warning that names the package; never silent. `npm run test:matrix` has all lines. */
import { describe, expect, test } from 'vitest'
import { MODULES, MOMENTS, runCell } from './cell.ts'
import { LIBRARIES } from './libraries.ts'

/** What nothing can trace, and is said instead. */
const WARNED = new Set(['http CJS before'])

describe.for(LIBRARIES)('$name', (library) => {
  const isServed = library.needs === undefined || process.env[library.needs] !== undefined
  if (!isServed)
    console.log(
      `skipped: ${library.name} needs ${library.needs} (eval "$(scripts/services.sh env)" after scripts/services.sh start)`,
    )

  test.skipIf(!isServed).for(MODULES.flatMap((system) => MOMENTS.map((moment) => [system, moment] as const)))(
    '%s, %s',
    async ([system, moment]) => {
      const { kind, detail } = await runCell(library, system, moment)
      expect(`${kind} ${kind === 'silent' ? detail : ''}`.trim()).toBe(
        WARNED.has(`${library.name} ${system} ${moment}`) ? 'warning' : 'traced',
      )
    },
  )
})
