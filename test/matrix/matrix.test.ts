/** The matrix on the Node that runs the tests: all is traced. `npm run test:matrix` has all lines. */
import { describe, expect, test } from 'vitest'
import { MODULES, MOMENTS, runCell } from './cell.ts'
import { LIBRARIES } from './libraries.ts'

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
      expect(`${kind} ${kind === 'traced' ? '' : detail}`.trim()).toBe('traced')
    },
  )
})
