/** Says what a point of the lines is about. */
import type { MetricData } from '../../../api.ts'
import { duration } from '../../lib/format.ts'

/** What a point of the lines is about. */
export function Meaning({ data: { instrument, stepUs, intervalUs, mode } }: { readonly data: MetricData }) {
  if (intervalUs === null) return <>One export so far.</>
  const report = duration(roundedUs(intervalUs) * 1000)
  if (stepUs > intervalUs * 1.5) {
    return (
      <>
        Exported every {report}; each point stands for {duration(stepUs * 1000)}.
      </>
    )
  }
  const isInstant = instrument.type === 'gauge' || (instrument.temporality === 'cumulative' && mode === 'value')
  const isSpread = instrument.type.endsWith('istogram')
  return (
    <>
      Exported every {report}; each point{' '}
      {mode === 'rate'
        ? 'is the rate over that time'
        : isInstant && !isSpread
          ? 'is the value then'
          : 'covers that time'}
      .
    </>
  )
}

/** Timers are late by some milliseconds. */
const roundedUs = (us: number): number => (us >= 2e6 ? Math.round(us / 1e6) * 1e6 : us)
