/** A trace that has not arrived: waits for it, and after a while says why it may never come. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { MissingTrace } from '../../../api.ts'
import { ago } from '../../lib/format.ts'
import { href, Link } from '../../lib/location.tsx'

const PATIENCE_MILLIS = 15_000

export function Missing({
  traceId,
  details,
}: {
  readonly traceId: string
  readonly details: MissingTrace | undefined
}) {
  const isLate = useSignal(false)
  useEffect(() => {
    const timer = setTimeout(() => (isLate.value = true), PATIENCE_MILLIS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div class="state empty">
      <h1>Waiting for the trace</h1>
      <p class="mono">{traceId}</p>
      {isLate.value ? (
        <Diagnosis details={details} />
      ) : (
        <p role="status">
          It is shown as soon as it arrives: programs send their spans in batches, often some seconds after they end.
        </p>
      )}
      <p>
        <Link to={href('/traces')}>All traces</Link>
      </p>
    </div>
  )
}

function Diagnosis({ details }: { readonly details: MissingTrace | undefined }) {
  const { lastIngestUs = null, lastError = null, evictedSinceUs = null } = details ?? {}
  return (
    <div role="status">
      <p>It has not arrived. This page goes on waiting. What is known:</p>
      <ul>
        {lastIngestUs === null ? (
          <li>Nothing at all has been received yet: is the program sending to this viewer?</li>
        ) : (
          <li>Telemetry was last received {ago(lastIngestUs)}: the connection works.</li>
        )}
        {lastError !== null && (
          <li class="error">
            The last request that was refused: <span class="mono">{lastError}</span>
          </li>
        )}
        {evictedSinceUs !== null && (
          <li>Storage is full: traces that arrived first have been dropped since {ago(evictedSinceUs)}.</li>
        )}
        <li>The program may have ended before it sent its spans: call shutdown, or let the process end by itself.</li>
        <li>The trace may not be sampled: look for a sampler in the configuration, or sampled=00 in traceparent.</li>
      </ul>
    </div>
  )
}
