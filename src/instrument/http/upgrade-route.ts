/** Routes of requests for another protocol, which a framework has found before anybody makes a span of the upgrade. */
const routes = new WeakMap<object, string>()

export function noteUpgradeRoute(request: object, route: string | undefined): void {
  if (route !== undefined) routes.set(request, route)
}

export const upgradeRouteOf = (request: object): string | undefined => routes.get(request)
