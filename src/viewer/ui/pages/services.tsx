/** The page Services: who calls whom, what is done how often and how fast, and the statements behind it. */
import type { OperationList, ServiceGraph } from '../../api.ts'
import { urlOf, useQuery } from '../lib/api.ts'
import { param, setParams } from '../lib/location.tsx'
import { Failed, Loading } from '../lib/states.tsx'
import { windowParams } from '../lib/window.ts'
import { Tabs } from '../parts/tabs.tsx'
import { Graph } from './services/graph.tsx'
import { Operation } from './services/operation.tsx'
import { Operations } from './services/operations.tsx'
import { Queries } from './services/queries.tsx'

const TABS = [
  { id: 'operations', label: 'Operations' },
  { id: 'queries', label: 'Queries' },
]

export function ServicesPage() {
  const tab = param('tab') === 'queries' ? 'queries' : 'operations'
  return (
    <div class="services">
      <h1 class="visually-hidden">Services</h1>
      <Tabs
        label="Views"
        tabs={TABS}
        selected={tab}
        panelId="services-panel"
        onSelect={(id) => setParams({ tab: id === 'queries' ? id : null, sort: null, dir: null })}
      />
      <div id="services-panel" role="tabpanel" aria-labelledby={`services-panel-${tab}`} class="services-panel">
        {tab === 'queries' ? <Queries /> : <Overview />}
      </div>
    </div>
  )
}

function Overview() {
  // the graph stays whole when a service is chosen
  const graph = useQuery<ServiceGraph>(() => urlOf('services', { ...windowParams(), service: null }))
  const operations = useQuery<OperationList>(() => urlOf('operations', { ...windowParams(), sort: 'time' }))
  const isOpen = param('op') !== ''
  return (
    <div class={isOpen ? 'split' : undefined}>
      <div class="services-main">
        {graph.data && graph.data.services.length > 0 && <Graph graph={graph.data} />}
        {operations.error ? (
          <Failed error={operations.error} />
        ) : operations.data ? (
          <Operations list={operations.data} />
        ) : (
          <Loading />
        )}
      </div>
      {isOpen && <Operation />}
    </div>
  )
}
