/** Download of what the filters of all pages leave, as OTLP JSON. */
import { useSignal } from '@preact/signals'
import { urlOf } from '../../lib/api.ts'
import { isFiltered, windowParams } from '../../lib/window.ts'

const SIGNALS = ['traces', 'logs', 'metrics'] as const

export function Export() {
  const chosen = useSignal<readonly string[]>(SIGNALS)
  const url = urlOf('export', { ...windowParams(), signals: chosen.value.join(',') })
  return (
    <section>
      <h2>Export</h2>
      <p>
        One OTLP JSON request a line, which this viewer and the OpenTelemetry Collector read
        {isFiltered() ? ': what the filters above leave' : ''}.
      </p>
      <p class="data-row">
        {SIGNALS.map((signal) => (
          <label key={signal}>
            <input
              type="checkbox"
              checked={chosen.value.includes(signal)}
              onChange={({ currentTarget: { checked } }) => {
                chosen.value = SIGNALS.filter((one) => (one === signal ? checked : chosen.value.includes(one)))
              }}
            />{' '}
            {signal}
          </label>
        ))}
        {chosen.value.length > 0 && (
          <a class="button" href={url} download="telemetry.jsonl">
            Download
          </a>
        )}
      </p>
    </section>
  )
}
