/** Log records of the whole trace; choosing one chooses its span. */
import { useSignal } from '@preact/signals'
import type { LogList } from '../../../../api.ts'
import { urlOf, useQuery } from '../../../lib/api.ts'
import { serviceClass, severityClass } from '../../../lib/colors.ts'
import { duration } from '../../../lib/format.ts'
import { href, Link } from '../../../lib/location.tsx'
import { Failed, Loading } from '../../../lib/states.tsx'
import { VirtualList } from '../../../lib/virtual-list.tsx'
import type { TraceState } from '../state.ts'

const ROW_HEIGHT = 24

export function LogsTab({ state }: { readonly state: TraceState }) {
  const { traceId, startUs, spans } = state.detail.value
  const { data, error } = useQuery<LogList>(() => urlOf('traceLogs', { traceId }))
  const least = useSignal(0)
  if (data === undefined) return error ? <Failed error={error} /> : <Loading />
  if (data.logs.length === 0) return <p class="state">No log record carries the id of this trace.</p>
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const logs = data.logs.filter(({ severityNumber }) => severityNumber >= least.value)
  return (
    <div class="tab-list">
      <p class="tab-tools">
        <label>
          Severity{' '}
          <select value={least.value} onChange={(event) => (least.value = Number(event.currentTarget.value))}>
            <option value={0}>all</option>
            <option value={9}>info and above</option>
            <option value={13}>warn and above</option>
            <option value={17}>error and above</option>
          </select>
        </label>
        <Link to={href('/logs', { q: `trace:${traceId}` })}>Open in Logs</Link>
      </p>
      <VirtualList
        count={logs.length}
        rowHeight={ROW_HEIGHT}
        outer={{ class: 'lines', role: 'list', 'aria-label': 'Log records', tabIndex: 0 }}
        renderRow={(index) => {
          const log = logs[index]!
          const span = log.spanId === null ? undefined : byId.get(log.spanId)
          return (
            // biome-ignore lint/a11y/useSemanticElements: a virtual list is no ul
            <div key={log.id} role="listitem" class={`log-line mono ${serviceClass(log.service)}`}>
              <span class="dim offset">+{duration((log.timeUs - startUs) * 1000)}</span>
              <span class={`severity ${severityClass(log.severity)}`}>{log.severity}</span>
              <span class="ellipsis body" title={log.body}>
                {log.body}
              </span>
              {span && (
                <button
                  type="button"
                  class="quiet ellipsis"
                  onClick={() => {
                    state.reveal(span.index)
                    state.panelOpen.value = true
                  }}
                >
                  <span class="dot" />
                  {span.name}
                </button>
              )}
            </div>
          )
        }}
      />
    </div>
  )
}
