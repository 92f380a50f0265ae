/** What a page shows instead of data: loading, an error, nothing yet. */
import type { ComponentChildren } from 'preact'
import type { RequestError } from './api.ts'

export function Loading() {
  return (
    <p class="state" role="status">
      Loading…
    </p>
  )
}

export function Failed({ error }: { readonly error: RequestError }) {
  return (
    <p class="state failed" role="alert">
      {error.message}
    </p>
  )
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="state empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}
