/** No trace to show: how to send one, or that the filters leave none. */
import { useSignal } from '@preact/signals'
import type { TestTrace, ViewerStatus } from '../../../api.ts'
import { request, urlOf, useQuery } from '../../lib/api.ts'
import { copy } from '../../lib/copy.ts'
import { ago, nothingFound } from '../../lib/format.ts'
import { href, navigate } from '../../lib/location.tsx'
import { Empty } from '../../lib/states.tsx'
import { clearFilters } from '../../lib/window.ts'

export function NothingFound({ unknownFields }: { readonly unknownFields: readonly string[] }) {
  return (
    <Empty title="No trace meets the filters">
      {unknownFields.length > 0 && <p>{nothingFound('', unknownFields)}</p>}
      <p>
        <button type="button" onClick={clearFilters}>
          Clear filters
        </button>
      </p>
    </Empty>
  )
}

export function NothingYet() {
  const { data } = useQuery<ViewerStatus>(() => urlOf('status'))
  const error = useSignal('')
  const dsn = data?.dsn ?? '…'
  const snippet = `UPTRACE_DSN=${dsn} OTEL_SERVICE_NAME=my-service node --import uptrace-node/register app.js`
  const send = async () => {
    try {
      const { traceId } = await request<TestTrace>(urlOf('testTrace'), { method: 'POST' })
      navigate(href(`/traces/${traceId}`))
    } catch (cause) {
      error.value = (cause as Error).message
    }
  }
  return (
    <Empty title="Waiting for the first trace">
      <h1 class="visually-hidden">Traces</h1>
      <p>Start your program with the address of this viewer:</p>
      <Snippet text={snippet} />
      <p>or in its code, before anything else is loaded:</p>
      <Snippet text={CODE.replace('$DSN', dsn)} />
      <p>
        <button type="button" class="primary" onClick={send}>
          Send a test trace
        </button>
      </p>
      {error.value !== '' && (
        <p class="error" role="alert">
          {error.value}
        </p>
      )}
      {data?.ingest.lastError && (
        <p class="error">
          A request to <code>{data.ingest.lastError.path}</code> was refused {ago(data.ingest.lastError.atUs)}:{' '}
          {data.ingest.lastError.message}
        </p>
      )}
      {data && !data.ingest.lastError && data.ingest.requests > 0 && (
        <p>
          Requests arrive, but none held a span yet: {data.ingest.logs} log records, {data.ingest.metricPoints} metric
          points.
        </p>
      )}
    </Empty>
  )
}

const CODE = `import { configureOpentelemetry } from 'uptrace-node'

configureOpentelemetry({ dsn: '$DSN', serviceName: 'my-service' })`

function Snippet({ text }: { readonly text: string }) {
  return (
    <div class="snippet">
      <pre>{text}</pre>
      <button type="button" onClick={() => copy(text)}>
        Copy
      </button>
    </div>
  )
}
