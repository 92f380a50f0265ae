/** Tells canvases that colours have changed, and reads the colours of services for them. */
import { signal } from '@preact/signals'
import { serviceClass } from './colors.ts'

/** Grows with each change of the theme. */
export const themeVersion = signal(0)

const changed = (): void => {
  known.clear()
  themeVersion.value++
}
const known = new Map<string, string>()
let probe: HTMLElement | undefined

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ['data-theme'] })

/** Colour of a service as a canvas understands it. */
export const serviceColor = (service: string): string => read(serviceClass(service), 'var(--svc)')

/** Value of a token such as `--line` as a canvas understands it. */
export const tokenColor = (name: string): string => read('', `var(${name})`)

function read(className: string, color: string): string {
  const key = `${className} ${color}`
  const cached = known.get(key)
  if (cached !== undefined) return cached
  if (probe === undefined) {
    probe = document.createElement('span')
    probe.hidden = true
    document.body.append(probe)
  }
  probe.className = className
  probe.style.color = color
  const value = getComputedStyle(probe).color
  known.set(key, value)
  return value
}
