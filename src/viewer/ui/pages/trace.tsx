/** The page of one trace: its waterfall and other views of the same spans, with details of one span beside them. */
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { MissingTrace, TraceDetail } from '../../api.ts'
import { count } from '../lib/format.ts'
import { param, path, setParams } from '../lib/location.tsx'
import { Failed, Loading } from '../lib/states.tsx'
import { SpanPanel } from '../parts/span-panel.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { traceIdOf } from './trace/first-rows.ts'
import { TraceHeader } from './trace/header.tsx'
import { Minimap } from './trace/minimap.tsx'
import { Missing } from './trace/missing.tsx'
import { useTraceKeys } from './trace/page-keys.ts'
import { createTraceState, type TraceState } from './trace/state.ts'
import { ErrorsTab } from './trace/tabs/errors.tsx'
import { FlameTab } from './trace/tabs/flame.tsx'
import { JsonTab } from './trace/tabs/json.tsx'
import { LogsTab } from './trace/tabs/logs.tsx'
import { MapTab } from './trace/tabs/map.tsx'
import { OperationsTab } from './trace/tabs/operations.tsx'
import { Toolbar } from './trace/toolbar.tsx'
import { useTrace } from './trace/use-trace.ts'
import { Waterfall } from './trace/waterfall.tsx'

export function TracePage() {
  const traceId = useMemo(() => traceIdOf(path.value), [])
  const { data, error } = useTrace(traceId)
  if (error?.code === 'trace_not_found') {
    return <Missing traceId={traceId} details={error.details as MissingTrace | undefined} />
  }
  if (data === undefined) return error ? <Failed error={error} /> : <Loading />
  return <TraceView data={data} />
}

function TraceView({ data }: { readonly data: TraceDetail }) {
  const detail = useSignal(data)
  detail.value = data
  const state = useMemo(() => createTraceState(detail), [])
  useEffect(() => state.stop, [])
  useTraceKeys(state)
  const { spans, errors, logs } = data
  const tabs = [
    { id: 'waterfall', label: 'Waterfall' },
    { id: 'flame', label: 'Flame' },
    { id: 'logs', label: `Logs ${count(logs)}` },
    { id: 'errors', label: `Errors ${count(errors)}` },
    { id: 'operations', label: 'Operations' },
    { id: 'map', label: 'Map' },
    { id: 'json', label: 'JSON' },
  ]
  const tab = tabs.some(({ id }) => id === param('tab')) ? param('tab') : 'waterfall'
  const span = state.panelOpen.value ? state.selected.value : undefined
  return (
    <div class="trace">
      <TraceHeader state={state} />
      <div class="view-bar">
        <Tabs
          label="Views of the trace"
          tabs={tabs}
          selected={tab}
          panelId="trace-view"
          onSelect={(id) => setParams({ tab: id === 'waterfall' ? null : id })}
        />
        {(tab === 'waterfall' || tab === 'flame') && <Toolbar state={state} isTree={tab === 'waterfall'} />}
      </div>
      <div class={span ? 'trace-body with-panel' : 'trace-body'}>
        <div class="trace-main">
          {(tab === 'waterfall' || tab === 'flame') && <Minimap state={state} />}
          <section id="trace-view" class="trace-view" role="tabpanel" aria-labelledby={`trace-view-${tab}`}>
            <View tab={tab} state={state} />
          </section>
        </div>
        {span && (
          <SpanPanel
            key={span.spanId}
            traceId={data.traceId}
            span={span}
            spans={spans}
            traceNs={data.durationNs}
            traceStartUs={data.startUs}
            times={data.handlers.find(({ spanId }) => spanId === span.spanId)}
            onClose={() => (state.panelOpen.value = false)}
          />
        )}
      </div>
    </div>
  )
}

function View({ tab, state }: { readonly tab: string; readonly state: TraceState }) {
  if (tab === 'flame') return <FlameTab state={state} />
  if (tab === 'logs') return <LogsTab state={state} />
  if (tab === 'errors') return <ErrorsTab state={state} />
  if (tab === 'operations') return <OperationsTab state={state} />
  if (tab === 'map') return <MapTab state={state} />
  if (tab === 'json') return <JsonTab state={state} />
  return <Waterfall state={state} />
}
