/** The frame around every page: navigation, global filters, live state, theme, keyboard help. */
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { RunList, ServiceGraph } from '../api.ts'
import { urlOf, useQuery } from './lib/api.ts'
import { count, time } from './lib/format.ts'
import { bindings, startKeys, useKeys } from './lib/keys.ts'
import { connected, frozen, setFrozen, startLive, tick, waiting } from './lib/live.ts'
import { href, Link, navigate, param, path, setParams, startRouter } from './lib/location.tsx'
import { knowServices } from './lib/service-colors.ts'
import { clearFilters, isFiltered, services, WINDOWS } from './lib/window.ts'
import { ComparePage } from './pages/compare.tsx'
import { DataPage } from './pages/data.tsx'
import { InsightsPage } from './pages/insights.tsx'
import { LogsPage } from './pages/logs.tsx'
import { MetricsPage } from './pages/metrics.tsx'
import { RunsPage } from './pages/runs.tsx'
import { ServicesPage } from './pages/services.tsx'
import { TracePage } from './pages/trace.tsx'
import { TracesPage } from './pages/traces.tsx'
import { DropZone } from './parts/drop-zone.tsx'
import { Toast } from './parts/toast.tsx'

const PAGES = [
  { to: '/traces', label: 'Traces', key: 't' },
  { to: '/logs', label: 'Logs', key: 'l' },
  { to: '/metrics', label: 'Metrics', key: 'm' },
  { to: '/services', label: 'Services', key: 's' },
  { to: '/insights', label: 'Insights', key: 'i' },
  { to: '/runs', label: 'Runs', key: 'r' },
  { to: '/data', label: 'Data', key: 'd' },
] as const

startRouter()
startKeys()
startLive()

export function App() {
  const help = useSignal(false)
  useEffect(() => {
    if (path.value === '/') navigate('/traces', { replace: true })
  }, [path.value])
  useKeys([
    ...PAGES.map(({ to, label, key }) => ({
      keys: [`g ${key}`],
      label: `Go to ${label}`,
      run: () => navigate(href(to)),
    })),
    {
      keys: ['/'],
      label: 'Search',
      run: () => document.querySelector<HTMLInputElement>('input[type=search]')?.focus(),
    },
    { keys: ['?'], label: 'Keyboard help', run: () => (help.value = !help.value) },
    { keys: [' '], label: 'Freeze or go on live', run: () => setFrozen(!frozen.value) },
  ])
  return (
    <>
      <a class="skip" href="#main" target="_self">
        Skip to content
      </a>
      <nav class="rail" aria-label="Pages">
        <Link to={href('/traces')} class="brand" aria-label="uptrace-node: traces">
          <img src="/icon.svg" alt="" width="20" height="20" />
        </Link>
        {PAGES.map(({ to, label }) => (
          <Link key={to} to={href(to)} aria-current={path.value.startsWith(to) ? 'page' : undefined}>
            {label}
            {to === '/insights' && (tick.value?.insights ?? 0) > 0 && (
              <span class="pill">{count(tick.value!.insights)}</span>
            )}
          </Link>
        ))}
        <button type="button" class="quiet" onClick={() => (help.value = true)}>
          Keys ?
        </button>
        <ThemeButton />
      </nav>
      <header class="top">
        <GlobalFilters />
        <LiveButton />
        {tick.value?.problem && (
          <p class="top-problem error" role="alert">
            New data can't be stored: {tick.value.problem}. What was stored before can still be read.
          </p>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        <Page />
      </main>
      <DropZone />
      <Toast />
      {help.value && <Help onClose={() => (help.value = false)} />}
    </>
  )
}

function Page() {
  const at = path.value
  if (at.startsWith('/traces/')) return <TracePage key={at} />
  if (at.startsWith('/compare')) return <ComparePage />
  if (at.startsWith('/logs')) return <LogsPage />
  if (at.startsWith('/metrics')) return <MetricsPage />
  if (at.startsWith('/services')) return <ServicesPage />
  if (at.startsWith('/insights')) return <InsightsPage />
  if (at.startsWith('/data')) return <DataPage />
  if (at.startsWith('/runs')) return <RunsPage />
  return <TracesPage />
}

function GlobalFilters() {
  // The back end answers one request after the other: what the page itself shows comes first.
  const isPageAsked = useSignal(false)
  useEffect(() => {
    const timer = setTimeout(() => (isPageAsked.value = true), FILTERS_MILLIS)
    return () => clearTimeout(timer)
  }, [])
  const graph = useQuery<ServiceGraph>(() => (isPageAsked.value ? urlOf('services') : null))
  const runs = useQuery<RunList>(() => (isPageAsked.value ? urlOf('runs') : null))
  const names = graph.data?.services.map(({ service }) => service)
  useMemo(() => names && knowServices(names), [names?.join('\n')])
  const isOwnWindow = param('last') === '' && (param('from') !== '' || param('to') !== '')
  return (
    <fieldset class="filters">
      <legend class="visually-hidden">Filters of all pages</legend>
      <label>
        Window{' '}
        <select
          value={isOwnWindow ? OWN_WINDOW : param('last')}
          onChange={(event) => setParams({ last: event.currentTarget.value, from: null, to: null })}
        >
          {isOwnWindow && <option value={OWN_WINDOW}>Chosen</option>}
          {WINDOWS.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        Service{' '}
        <select value={services.value[0] ?? ''} onChange={(event) => setParams({ service: event.currentTarget.value })}>
          <option value="">all</option>
          {(names ?? []).map((service) => (
            <option key={service} value={service}>
              {service}
            </option>
          ))}
        </select>
      </label>
      <label>
        Run{' '}
        <select value={param('run')} onChange={(event) => setParams({ run: event.currentTarget.value })}>
          <option value="">all</option>
          {(runs.data?.runs ?? []).slice(0, 50).map((run) => (
            <option key={run.id} value={run.id}>
              {`${run.service} ${time(run.firstUs)}${run.pid === null ? '' : ` · pid ${run.pid}`}`}
            </option>
          ))}
        </select>
      </label>
      {isOwnWindow && <OwnWindow />}
      {isFiltered() && (
        <button type="button" class="quiet" onClick={clearFilters}>
          Clear filters
        </button>
      )}
    </fieldset>
  )
}

/** A window that was drawn into a chart. */
function OwnWindow() {
  const [from, to] = [Number(param('from')), Number(param('to'))]
  return (
    <span class="chip">
      {from > 0 ? time(from) : 'the beginning'} – {to > 0 ? time(to) : 'now'}
      <button type="button" class="quiet" aria-label="All of the time" title="All of the time" onClick={leaveWindow}>
        ✕
      </button>
    </span>
  )
}

/** Until the page itself has been painted. */
const FILTERS_MILLIS = 150

const OWN_WINDOW = 'own'
const leaveWindow = (): void => setParams({ from: null, to: null })

function LiveButton() {
  const state = !connected.value ? 'offline' : frozen.value ? 'frozen' : 'live'
  return (
    <button type="button" class={`live ${state}`} aria-pressed={frozen.value} onClick={() => setFrozen(!frozen.value)}>
      {state === 'frozen' && waiting.value > 0 ? `frozen · ${waiting.value} new` : state}
    </button>
  )
}

function ThemeButton() {
  const theme = useSignal(localStorage.getItem('theme') ?? 'auto')
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme.value
    localStorage.setItem('theme', theme.value)
  }, [theme.value])
  const next = { auto: 'dark', dark: 'light', light: 'auto' }[theme.value] ?? 'auto'
  return (
    <button type="button" class="quiet" onClick={() => (theme.value = next)}>
      Theme: {theme.value}
    </button>
  )
}

function Help({ onClose }: { readonly onClose: () => void }) {
  useKeys([{ keys: ['Escape'], label: 'Close', run: onClose }])
  const unique = new Map(bindings.value.map(({ label, keys }) => [label, keys]))
  return (
    <dialog open class="help" aria-label="Keyboard">
      <h2>Keyboard</h2>
      <dl>
        {[...unique].map(([label, keys]) => (
          <div key={label}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key === ' ' ? 'Space' : key}</kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={onClose}>
        Close
      </button>
    </dialog>
  )
}
