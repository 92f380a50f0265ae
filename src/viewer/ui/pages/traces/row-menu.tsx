/** What can be done with one trace of the list: a menu at its row. */
import { useEffect, useRef } from 'preact/hooks'
import { urlOf } from '../../lib/api.ts'
import { copy, say } from '../../lib/copy.ts'
import { href } from '../../lib/location.tsx'

export interface MenuPlace {
  readonly traceId: string
  /** Of the button that opened it, in the window. */
  readonly right: number
  readonly top: number
  readonly bottom: number
}

interface Props {
  readonly at: MenuPlace
  readonly onClose: () => void
}

const HEIGHT = 140

export function RowMenu({ at: { traceId, right, top, bottom }, onClose }: Props) {
  const menu = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null
    items(menu.current!)[0]?.focus()
    const leave = (event: Event) => {
      if (!menu.current?.contains(event.target as Node)) onClose()
    }
    document.addEventListener('pointerdown', leave)
    document.addEventListener('wheel', leave)
    return () => {
      document.removeEventListener('pointerdown', leave)
      document.removeEventListener('wheel', leave)
      before?.focus({ preventScroll: true })
    }
  }, [])
  const keys = (event: KeyboardEvent): void => {
    if (event.key === 'Tab' || event.key === 'Escape') onClose()
    const all = items(menu.current!)
    const at = all.indexOf(document.activeElement as HTMLElement)
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key]
    if (next !== undefined) all.at(next % all.length)!.focus()
    // Enter is the item's own; no other key is for the page below
    event.stopPropagation()
    if (next !== undefined || event.key === 'Escape') event.preventDefault()
  }
  const act = (work: () => void) => () => {
    onClose()
    work()
  }
  const isAbove = bottom + HEIGHT > innerHeight
  return (
    <div
      ref={menu}
      class="menu"
      role="menu"
      aria-label="Actions of the trace"
      tabIndex={-1}
      style={{
        right: `${innerWidth - right}px`,
        ...(isAbove ? { bottom: `${innerHeight - top}px` } : { top: `${bottom}px` }),
      }}
      onKeyDown={keys}
    >
      <button
        type="button"
        role="menuitem"
        onClick={act(() => copy(location.origin + href(`/traces/${traceId}`), 'Link copied'))}
      >
        Copy link
      </button>
      <button type="button" role="menuitem" onClick={act(() => copyMarkdown(traceId))}>
        Copy as Markdown
      </button>
      <a
        role="menuitem"
        href={urlOf('traceExport', { traceId, format: 'otlp' })}
        download
        onClick={() => setTimeout(onClose)}
      >
        Export OTLP JSON
      </a>
      <a
        role="menuitem"
        href={urlOf('traceExport', { traceId, format: 'chrome' })}
        download
        onClick={() => setTimeout(onClose)}
      >
        Export Chrome JSON
      </a>
    </div>
  )
}

const items = (menu: HTMLElement): HTMLElement[] => [...menu.querySelectorAll<HTMLElement>('[role=menuitem]')]

async function copyMarkdown(traceId: string): Promise<void> {
  const response = await fetch(urlOf('traceExport', { traceId, format: 'markdown' }))
  if (response.ok) await copy(await response.text(), 'Markdown copied')
  else say('The viewer did not give the trace')
}
