/** The address as state: every filter, selection and tab is in the URL, so that a copied link shows the same page. */
import { batch, computed, signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

export type ParamValue = string | number | readonly string[] | null | undefined
export type Params = Readonly<Record<string, ParamValue>>

/** Kept when moving to another page: they filter all of them. */
export const GLOBAL_PARAMS = ['service', 'run', 'last', 'from', 'to'] as const

export const path = signal(location.pathname)
const search = signal(location.search)
export const params = computed(() => new URLSearchParams(search.value))

/** One parameter as text; empty when absent. */
export const param = (name: string): string => params.value.get(name) ?? ''

/** Address of a page with the filters that hold everywhere. */
export function href(pathname: string, own: Params = {}): string {
  const next = new URLSearchParams()
  for (const name of GLOBAL_PARAMS) for (const value of params.value.getAll(name)) next.append(name, value)
  assign(next, own)
  return withSearch(pathname, next)
}

export function navigate(to: string, options: { readonly replace?: boolean } = {}): void {
  if (to === location.pathname + location.search) return
  history[options.replace ? 'replaceState' : 'pushState'](null, '', to)
  readLocation()
}

/** For what Back need not undo: a selection, a text that is being typed. */
export const IN_PLACE = { replace: true }

/** Changes parameters of this page, which Back undoes; null, undefined and '' remove one. */
export function setParams(changes: Params, options: { readonly replace?: boolean } = {}): void {
  const next = new URLSearchParams(location.search)
  assign(next, changes)
  navigate(withSearch(location.pathname, next), options)
}

export interface LinkProps {
  readonly to: string
  readonly children: ComponentChildren
  readonly class?: string
  readonly title?: string
  readonly tabIndex?: number
  readonly 'aria-label'?: string
  readonly 'aria-current'?: 'page' | undefined
}

export function Link({ to, children, ...rest }: LinkProps) {
  return (
    <a href={to} {...rest}>
      {children}
    </a>
  )
}

/** Plain clicks on our own links move without loading the page. */
export function startRouter(): void {
  addEventListener('popstate', readLocation)
  document.addEventListener('click', (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return
    const anchor = (event.target as Element).closest?.('a[href]') as HTMLAnchorElement | null
    if (!anchor || anchor.target || anchor.hasAttribute('download') || anchor.origin !== location.origin) return
    if (anchor.pathname.startsWith('/api/')) return
    event.preventDefault()
    navigate(anchor.pathname + anchor.search)
  })
}

function readLocation(): void {
  batch(() => {
    path.value = location.pathname
    search.value = location.search
  })
}

function assign(target: URLSearchParams, changes: Params): void {
  for (const [name, value] of Object.entries(changes)) {
    target.delete(name)
    if (value === null || value === undefined || value === '') continue
    if (Array.isArray(value)) for (const item of value) target.append(name, item)
    else target.set(name, String(value))
  }
}

function withSearch(pathname: string, query: URLSearchParams): string {
  const text = query.toString()
  return text === '' ? pathname : `${pathname}?${text}`
}
