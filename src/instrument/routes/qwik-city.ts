/** Qwik City: it tells nobody of the route that has matched, and reads the modules of that one only. */
import { withExport } from './exports.ts'
import { type Any, askLater } from './say-route.ts'

/** The pattern, what loads its modules, and more. */
type Route = readonly unknown[]
interface Plan {
  readonly routes?: readonly Route[]
}

export function patchQwikCity(exported: Record<string, unknown>): object {
  const handle = exported['requestHandler'] as Any | undefined
  if (typeof handle !== 'function') return exported
  const requestHandler = function (this: unknown, event: unknown, options: unknown, ...rest: unknown[]): unknown {
    return handle.call(this, event, withWatchedPlan(options), ...rest)
  }
  return withExport(exported, 'requestHandler', requestHandler)
}

function withWatchedPlan(options: unknown): unknown {
  const { qwikCityPlan } = Object(options) as { qwikCityPlan?: Plan }
  if (!Array.isArray(qwikCityPlan?.routes)) return options
  return { ...(options as object), qwikCityPlan: watchedPlanOf(qwikCityPlan) }
}

const watchedPlans = new WeakMap<Plan, Plan>()

function watchedPlanOf(plan: Plan): Plan {
  let watched = watchedPlans.get(plan)
  if (watched === undefined) {
    watched = { ...plan, routes: plan.routes!.map(watchedRoute) }
    watchedPlans.set(plan, watched)
  }
  return watched
}

function watchedRoute(route: Route): Route {
  const [pattern, loaders] = route
  if (typeof pattern !== 'string') return route
  const name = `/${pattern.replace(/^\//, '')}`
  const get = (): unknown => {
    askLater(() => name)
    return loaders
  }
  return Object.defineProperty([...route], 1, { get })
}
