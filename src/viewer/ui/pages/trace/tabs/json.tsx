/** The trace to take away, and as it was received. */
import { urlOf, useQuery } from '../../../lib/api.ts'
import { copy } from '../../../lib/copy.ts'
import { Failed } from '../../../lib/states.tsx'
import type { TraceState } from '../state.ts'

const SHOW_UP_TO_SPANS = 2000
const SHOW_UP_TO_CHARACTERS = 400_000
const FORMATS = [
  { id: 'otlp', label: 'OTLP JSON' },
  { id: 'chrome', label: 'Chrome trace events (Perfetto)' },
  { id: 'markdown', label: 'Markdown' },
] as const

export function JsonTab({ state }: { readonly state: TraceState }) {
  const { traceId, spans } = state.detail.value
  const canShow = spans.length <= SHOW_UP_TO_SPANS
  const { data, error } = useQuery<unknown>(
    () => (canShow ? urlOf('traceExport', { traceId, format: 'otlp' }) : null),
    {
      live: false,
    },
  )
  const text = data === undefined ? '' : JSON.stringify(data, null, 2)
  return (
    <div class="tab-scroll">
      <p class="tab-tools">
        {FORMATS.map(({ id, label }) => (
          <a key={id} href={urlOf('traceExport', { traceId, format: id })} download>
            Download {label}
          </a>
        ))}
        {text !== '' && (
          <button type="button" onClick={() => copy(text, 'JSON copied')}>
            Copy JSON
          </button>
        )}
      </p>
      {error && <Failed error={error} />}
      {!canShow && <p class="dim">Too many spans to show here.</p>}
      {text !== '' && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <pre tabIndex={0}>
          {text.length > SHOW_UP_TO_CHARACTERS
            ? `${text.slice(0, SHOW_UP_TO_CHARACTERS)}\n… download it for the rest`
            : text}
        </pre>
      )}
    </div>
  )
}
