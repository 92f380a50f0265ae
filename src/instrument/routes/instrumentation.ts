/** Routes of frameworks for which there is no instrumentation: each says them as it looks for the handler. */
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import { loadLazily } from '../../lazy.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { ROUTES } from '../targets.ts'
import { ACTIONHERO_FILES, patchActionhero } from './actionhero.ts'
import { patchAngularRouter } from './angular.ts'
import { patchAstro } from './astro.ts'
import { patchBetterCall } from './better-call.ts'
import { patchConnectRoute } from './connect-route.ts'
import { patchElysia } from './elysia.ts'
import { patchFeathers } from './feathers.ts'
import { patchFets } from './fets.ts'
import { patchFindMyWay } from './find-my-way.ts'
import { patchH3 } from './h3.ts'
import { patchH3Router } from './h3-1.ts'
import { HONO_PRESETS, patchHono } from './hono.ts'
import { ITTY_FILES, patchIttyRouter } from './itty.ts'
import { patchKoaMount } from './koa-mount.ts'
import { patchKoaRoute } from './koa-route.ts'
import { patchKoaTreeRouter } from './koa-tree-router.ts'
import { patchLoopBack } from './loopback.ts'
import { MARBLE_FILES, patchMarble } from './marble.ts'
import { patchMicrorouter } from './microrouter.ts'
import { patchMidway } from './midway.ts'
import { patchMoleculerWeb } from './moleculer.ts'
import { patchOpenApiBackend } from './openapi-backend.ts'
import { ORPC_FILES, patchOrpc } from './orpc.ts'
import { patchPolka } from './polka.ts'
import { patchQwikCity } from './qwik-city.ts'
import { noteRemixRouter, patchReactRouter } from './react-router.ts'
import { patchSolidRouter, patchSolidStart } from './solid.ts'
import { patchTanStackRouter } from './tanstack.ts'
import { patchTinyhttp } from './tinyhttp.ts'
import { patchTotal, TOTAL_FILES } from './total.ts'
import { patchTrouter } from './trouter.ts'
import { patchVike, VIKE_FILES } from './vike.ts'
import { patchVueRouter } from './vue-router.ts'
import { watchRoutes } from './watch.ts'

type Base = typeof import('@opentelemetry/instrumentation')

export function createRoutes(): Instrumentation {
  const base = loadLazily<Base>('instrumentation')
  const { InstrumentationBase, InstrumentationNodeModuleDefinition: Definition } = base
  // biome-ignore lint/suspicious/noExplicitAny: what a module exports
  type Patch = (exported: any) => unknown
  /** Files of a package are patched beside its entry, or without it. */
  const inFiles = (module: string, versions: string[], names: readonly string[], patch: Patch, entry?: Patch) =>
    new Definition(
      module,
      versions,
      entry,
      undefined,
      names.map((name) => new base.InstrumentationNodeModuleFile(`${module}/${name}`, versions, patch, () => {})),
    )
  class RoutesInstrumentation extends InstrumentationBase {
    override init(): InstrumentationModuleDefinition[] {
      return [
        inFiles('hono', ['>=4 <5'], HONO_PRESETS, patchHono, patchHono),
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
        new Definition('@angular/router', ['>=17'], patchAngularRouter),
        new Definition('astro', ['>=4'], patchAstro),
        new Definition('@builder.io/qwik-city', ['>=1'], patchQwikCity),
        new Definition('@solidjs/router', ['>=0.10'], patchSolidRouter),
        new Definition('@solidjs/start', ['>=1'], patchSolidStart),
        inFiles('vike', ['>=0.4.230'], VIKE_FILES, patchVike, patchVike),
        new Definition('vue-router', ['>=4'], patchVueRouter),
        new Definition('@tanstack/router-core', ['>=1.121'], patchTanStackRouter),
        new Definition('@tinyhttp/app', ['>=2'], patchTinyhttp),
        new Definition('better-call', ['>=1 <2'], patchBetterCall),
        new Definition('@colyseus/better-call', ['>=1 <2'], patchBetterCall),
        new Definition('elysia', ['>=1 <2'], patchElysia),
        new Definition('@loopback/rest', ['>=5'], patchLoopBack),
        new Definition('@midwayjs/core', ['>=4'], patchMidway),
        new Definition('moleculer-web', ['>=0.10'], patchMoleculerWeb),
        new Definition('find-my-way', ['>=4'], patchFindMyWay),
        new Definition('trouter', ['>=3'], patchTrouter),
        inFiles('itty-router', ['>=5'], ITTY_FILES, patchIttyRouter, patchIttyRouter),
        new Definition('connect-route', ['*'], patchConnectRoute),
        new Definition('microrouter', ['>=3'], patchMicrorouter),
        inFiles('actionhero', ['>=28'], ACTIONHERO_FILES, patchActionhero),
        inFiles('@marblejs/http', ['>=4'], MARBLE_FILES, patchMarble),
        new Definition('total4', ['*'], patchTotal),
        inFiles('total5', ['*'], TOTAL_FILES, patchTotal),
        new Definition('fets', ['>=0.6'], patchFets),
        new Definition('koa-mount', ['>=3'], patchKoaMount),
        new Definition('koa-route', ['>=3'], patchKoaRoute),
        new Definition('koa-tree-router', ['>=0.13'], patchKoaTreeRouter),
        new Definition('openapi-backend', ['>=4'], patchOpenApiBackend),
        inFiles('@orpc/server', ['>=1 <2'], ORPC_FILES, patchOrpc),
        inFiles('@orpc/openapi', ['>=1 <2'], ORPC_FILES, patchOrpc),
        inFiles('@feathersjs/transport-commons', ['>=5.0.0-0 <6'], ['lib/routing/router.js'], patchFeathers),
      ]
    }
  }
  return new RoutesInstrumentation(`${DISTRO_NAME}/${ROUTES}`, VERSION, {}) as unknown as Instrumentation
}
