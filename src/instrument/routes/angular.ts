/** Angular on a server: its builder puts all into a bundle but the manifest, by which the app of each request is started; the router of that knows the page. */
import type { IncomingMessage } from 'node:http'
import { following, watchCalls } from '../wrap-method.ts'
import { type Any, askAtEnd, pathBefore } from './say-route.ts'

interface Manifest {
  /** Gives what starts an app: a function, or a module of Angular. */
  readonly bootstrap?: () => Promise<unknown>
}
interface Snapshot {
  readonly outlet: string
  readonly routeConfig: { readonly path?: string } | null
  readonly children: readonly Snapshot[]
}
interface Router {
  readonly url: string
  readonly routerState: { readonly snapshot: { readonly root: Snapshot } }
  readonly navigateByUrl: unknown
}
interface App {
  readonly injector: { readonly records: ReadonlyMap<unknown, { readonly value?: unknown } | null> }
}

export const isAngularManifest = (url: string): boolean => url.endsWith('/angular-app-manifest.mjs')

/** The namespace of that file. */
export function patchAngularManifest(namespace: Record<string, unknown>): void {
  const { default: manifest } = namespace as { default?: Manifest }
  const bootstrap = manifest?.bootstrap
  if (typeof bootstrap === 'function')
    namespace['default'] = { ...manifest, bootstrap: () => bootstrap().then(watchStart) }
}

function watchStart(start: unknown): unknown {
  if (typeof start !== 'function' || 'ɵmod' in start) return start
  return function (this: unknown, ...args: unknown[]): unknown {
    return following((start as Any).apply(this, args), (_error, app) => watchApp(app as App | undefined))
  }
}

/** Whose services are known by their classes, which are inside of the bundle. */
function watchApp(app: App | undefined): void {
  const records = app?.injector?.records
  if (!(records instanceof Map)) return
  const router = [...records.values()].map((record) => record?.value).find(isRouter)
  if (router !== undefined) watchRouter(router)
}

const watchRouter = (router: Router): void =>
  askAtEnd((request) => routeOf(router, request as IncomingMessage | undefined))

/** Where the plugin for bundlers has seen the router itself, as Vite bundles Analog. */
export function patchAngularRouter(exported: { readonly Router?: { readonly prototype: object } }): object {
  const { prototype } = exported.Router ?? {}
  if (prototype) watchCalls<Router>(prototype, 'initialNavigation', (_args, router) => watchRouter(router))
  return exported
}

const isRouter = (service: unknown): service is Router =>
  typeof service === 'object' && service !== null && 'navigateByUrl' in service && 'routerState' in service

/** Below the base of the app; none where another page was gone to, or no page was found. */
function routeOf({ url, routerState }: Router, request: IncomingMessage | undefined): string | undefined {
  const { originalUrl, url: asked = url } = Object(request) as { originalUrl?: string; url?: string }
  const base = pathBefore(withoutSlash(originalUrl ?? asked), withoutSlash(url))
  const parts: string[] = []
  let page: Snapshot | undefined = primaryOf(routerState.snapshot.root)
  if (base === undefined || page === undefined) return undefined
  for (; page !== undefined; page = primaryOf(page)) parts.push(page.routeConfig?.path ?? '')
  return `${base}/${parts.filter((part) => part !== '').join('/')}`
}

const primaryOf = ({ children }: Snapshot): Snapshot | undefined => children.find(({ outlet }) => outlet === 'primary')

const withoutSlash = (url: string): string => url.split(/[?#]/, 1)[0]!.replace(/(.)\/$/, '$1')
