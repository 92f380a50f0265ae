/** Routes of frameworks for which there is no instrumentation: each says them as it looks for the handler. */
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { loadLazily } from '../../lazy.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { ROUTES } from '../targets.ts'
import { patchAstro } from './astro.ts'
import { patchBetterCall } from './better-call.ts'
import { patchElysia } from './elysia.ts'
import { patchFeathers } from './feathers.ts'
import { patchH3 } from './h3.ts'
import { patchH3Router } from './h3-1.ts'
import { patchHono } from './hono.ts'
import { patchLoopBack } from './loopback.ts'
import { patchMidway } from './midway.ts'
import { patchMoleculerWeb } from './moleculer.ts'
import { patchPolka } from './polka.ts'
import { noteRemixRouter, patchReactRouter } from './react-router.ts'
import { patchTanStackRouter } from './tanstack.ts'
import { patchTinyhttp } from './tinyhttp.ts'
import { patchVueRouter } from './vue-router.ts'
import { watchRoutes } from './watch.ts'

const FEATHERS_ROUTER = '@feathersjs/transport-commons/lib/routing/router.js'

type Base = typeof import('@opentelemetry/instrumentation')

export function createRoutes(): Instrumentation {
  const base = loadLazily<Base>('instrumentation')
  const { InstrumentationBase, InstrumentationNodeModuleDefinition: Definition } = base
  class RoutesInstrumentation extends InstrumentationBase {
    override init(): InstrumentationModuleDefinition[] {
      return [
        new Definition('hono', ['>=4 <5'], patchHono),
        new Definition('h3', ['>=2.0.0-0 <3'], patchH3),
        new Definition('h3', ['>=1 <2'], patchH3Router),
        new Definition('polka', ['>=0.5 <2', '>=1.0.0-0 <2'], patchPolka),
        new Definition('react-router', ['>=7 <9'], patchReactRouter),
        new Definition('@remix-run/server-runtime', ['>=2 <3'], patchReactRouter),
        new Definition('@remix-run/router', ['*'], noteRemixRouter),
        new Definition('@eggjs/koa', ['*'], (exported: unknown) => {
          watchRoutes('@eggjs/koa', exported)
          return exported
        }),
        new Definition('astro', ['>=4'], patchAstro),
        new Definition('vue-router', ['>=4'], patchVueRouter),
        new Definition('@tanstack/router-core', ['>=1.121'], patchTanStackRouter),
        new Definition('@tinyhttp/app', ['>=2'], patchTinyhttp),
        new Definition('better-call', ['>=1 <2'], patchBetterCall),
        new Definition('@colyseus/better-call', ['>=1 <2'], patchBetterCall),
        new Definition('elysia', ['>=1 <2'], patchElysia),
        new Definition('@loopback/rest', ['>=5'], patchLoopBack),
        new Definition('@midwayjs/core', ['>=4'], patchMidway),
        new Definition('moleculer-web', ['>=0.10'], patchMoleculerWeb),
        new Definition('@feathersjs/transport-commons', ['>=5.0.0-0 <6'], undefined, undefined, [
          new base.InstrumentationNodeModuleFile(FEATHERS_ROUTER, ['>=5.0.0-0 <6'], patchFeathers, () => {}),
        ]),
      ]
    }
  }
  return new RoutesInstrumentation(`${DISTRO_NAME}/${ROUTES}`, VERSION, {}) as unknown as Instrumentation
}
