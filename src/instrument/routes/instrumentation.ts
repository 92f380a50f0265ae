/** Routes of frameworks for which there is no instrumentation: each says them as it looks for the handler. */
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { loadLazily } from '../../lazy.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { ROUTES } from '../targets.ts'
import { patchH3 } from './h3.ts'
import { patchHono } from './hono.ts'
import { patchPolka } from './polka.ts'
import { noteRemixRouter, patchReactRouter } from './react-router.ts'

type Base = typeof import('@opentelemetry/instrumentation')

export function createRoutes(): Instrumentation {
  const { InstrumentationBase, InstrumentationNodeModuleDefinition: Definition } = loadLazily<Base>('instrumentation')
  class RoutesInstrumentation extends InstrumentationBase {
    override init(): InstrumentationModuleDefinition[] {
      return [
        new Definition('hono', ['>=4 <5'], patchHono),
        new Definition('h3', ['>=2.0.0-0 <3'], patchH3),
        new Definition('polka', ['>=0.5 <2', '>=1.0.0-0 <2'], patchPolka),
        new Definition('react-router', ['>=7 <9'], patchReactRouter),
        new Definition('@remix-run/server-runtime', ['>=2 <3'], patchReactRouter),
        new Definition('@remix-run/router', ['*'], noteRemixRouter),
      ]
    }
  }
  return new RoutesInstrumentation(`${DISTRO_NAME}/${ROUTES}`, VERSION, {}) as unknown as Instrumentation
}
