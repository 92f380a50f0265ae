/** The page Metrics: the process on top, instruments on the left, the chosen one on the right. */
import type { InstrumentList } from '../../api.ts'
import { urlOf, useQuery } from '../lib/api.ts'
import { metricVersion } from '../lib/counters.ts'
import { param } from '../lib/location.tsx'
import { Empty, Failed, Loading } from '../lib/states.tsx'
import { windowParams } from '../lib/window.ts'
import { Chart } from './metrics/chart.tsx'
import { ProcessCharts } from './metrics/process.tsx'
import { Tree } from './metrics/tree.tsx'

export function MetricsPage() {
  const { data, error } = useQuery<InstrumentList>(
    () => {
      metricVersion.value
      return urlOf('metrics', windowParams())
    },
    { live: false },
  )
  if (error) return <Failed error={error} />
  if (!data) return <Loading />
  const { instruments, process } = data
  if (instruments.length === 0)
    return (
      <Empty title="No metrics">
        <p>
          Instruments appear with the first export: by default a minute after the start, and at the end of the program.
        </p>
      </Empty>
    )
  const chosen = param('m') || (instruments.find(({ type }) => type.endsWith('istogram')) ?? instruments[0]!).id
  return (
    <div class="metrics">
      <h1 class="visually-hidden">Metrics</h1>
      <ProcessCharts charts={process} />
      <div class="metrics-split">
        <Tree instruments={instruments} chosen={chosen} />
        <Chart key={chosen} id={chosen} />
      </div>
    </div>
  )
}
