/** Copies a text; drawn, because not every system has a font with such a sign. */
import { copy } from '../lib/copy.ts'

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <button type="button" class="quiet copy" aria-label={label} title={label} onClick={() => copy(text)}>
      <svg viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
        <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
        <path d="M3.5 10.5h-1v-8h8v1" />
      </svg>
    </button>
  )
}
