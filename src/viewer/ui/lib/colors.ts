/** Colours and marks: a service keeps its colour on every page; meaning is never in colour alone. */
import type { Severity, SpanSystem } from '../../api.ts'
import { serviceSlot } from './service-colors.ts'

/** Class of a service: `.svc-0` to `.svc-11` set `--svc`, with enough contrast in both themes. */
export const serviceClass = (service: string): string => `svc-${serviceSlot(service)}`

/** Short mark of what a span talks to. */
export const SYSTEM_MARK: Readonly<Record<SpanSystem, string>> = {
  http: 'HTTP',
  rpc: 'RPC',
  db: 'DB',
  cache: 'CACHE',
  messaging: 'MSG',
  function: 'FN',
  internal: '',
}

export const severityClass = (severity: Severity): string => `sev-${severity}`

/** For canvases: the computed value of a CSS variable. */
export function cssColor(name: string, element: Element = document.documentElement): string {
  return getComputedStyle(element).getPropertyValue(name).trim()
}
