/** Keyboard: pages name their keys while they are shown; the help dialog lists them. */
import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

export interface KeyBinding {
  /** `j`, `ArrowDown`, `Escape`, or two keys in a row: `g t`. */
  readonly keys: readonly string[]
  readonly label: string
  readonly run: (event: KeyboardEvent) => void
  /** Also while a text field has the focus. */
  readonly inFields?: boolean
}

export const bindings = signal<readonly KeyBinding[]>([])

/** Binds while the component is shown; later bindings win. */
export function useKeys(own: readonly KeyBinding[]): void {
  const latest = useRef(own)
  latest.current = own
  useEffect(() => {
    const stable = own.map((binding, index) => ({
      ...binding,
      run: (event: KeyboardEvent) => latest.current[index]?.run(event),
    }))
    bindings.value = [...bindings.peek(), ...stable]
    return () => {
      bindings.value = bindings.peek().filter((binding) => !stable.includes(binding))
    }
  }, [])
}

/** Enter and Space belong to the button or link that has the focus. */
const PRESSES = ['Enter', ' ']
const PRESSABLE = 'button, a[href], summary, label, [role=tab], [role=option]'

export function startKeys(): void {
  let prefix = ''
  let prefixTimer = 0
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const isField = (event.target as Element).closest?.('input, textarea, select, [contenteditable]') !== null
    const pressed = prefix === '' ? event.key : `${prefix} ${event.key}`
    const found = bindings
      .peek()
      .findLast(({ keys, inFields }) => keys.includes(pressed) && (!isField || inFields === true))
    if (PRESSES.includes(event.key) && (event.target as Element).closest?.(PRESSABLE) !== null) return
    clearTimeout(prefixTimer)
    prefix = ''
    if (found) {
      event.preventDefault()
      found.run(event)
      return
    }
    if (isField || event.key.length !== 1) return
    if (!bindings.peek().some(({ keys }) => keys.some((key) => key.startsWith(`${event.key} `)))) return
    prefix = event.key
    prefixTimer = window.setTimeout(() => {
      prefix = ''
    }, 1000)
  })
}
