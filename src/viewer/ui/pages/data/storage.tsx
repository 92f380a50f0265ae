/** What is stored, beside the limit of each. */
import type { ViewerStatus } from '../../../api.ts'
import { ago, bytes, count, percent, time } from '../../lib/format.ts'

const DAY_MILLIS = 86_400_000

export function Storage({ status: { storage, ingest, version } }: { readonly status: ViewerStatus }) {
  const { limits, eviction } = storage
  return (
    <section>
      <h2>Storage</h2>
      {storage.problem && (
        <p class="error" role="alert">
          New data can't be stored: {storage.problem}.
        </p>
      )}
      <table class="data-limits">
        <thead>
          <tr>
            <th scope="col">Stored</th>
            <th scope="col" class="num">
              Now
            </th>
            <th scope="col" class="num">
              Limit
            </th>
            <th scope="col">Used</th>
          </tr>
        </thead>
        <tbody>
          <Row name="Size" used={storage.bytes} limit={limits.maxBytes} format={bytes} />
          <Row name="Spans" used={storage.spans} limit={limits.maxSpans} format={count} />
          <Row name="Log records" used={storage.logs} limit={limits.maxLogs} format={count} />
          <Row name="Metric points" used={storage.metricPoints} limit={limits.maxMetricPoints} format={count} />
          <Row name="Profiles" used={storage.profileBytes} limit={limits.maxProfileBytes} format={bytes} />
        </tbody>
      </table>
      <dl class="data-facts">
        <Fact name="Traces">{count(storage.traces)}</Fact>
        <Fact name="Oldest">
          {storage.oldestUs === null ? '–' : time(storage.oldestUs)}, kept for{' '}
          {(limits.maxAgeMillis / DAY_MILLIS).toLocaleString()} days
        </Fact>
        <Fact name="Evicted">
          {eviction === null
            ? 'nothing: all that came is here'
            : `${count(eviction.spans)} spans and ${count(eviction.logs)} log records, the oldest first, since ${time(eviction.sinceUs)}`}
        </Fact>
        <Fact name="Kept in">{storage.path === null ? 'memory: gone when the viewer ends' : storage.path}</Fact>
        <Fact name="Received">
          {count(ingest.requests)} requests, the last {ingest.lastUs === null ? 'never' : ago(ingest.lastUs)};{' '}
          {count(ingest.rejected)} items refused
        </Fact>
        {ingest.lastError && (
          <Fact name="Last refusal">
            <span class="error">
              {ago(ingest.lastError.atUs)}, <code>{ingest.lastError.path}</code>: {ingest.lastError.message}
            </span>
          </Fact>
        )}
        <Fact name="Version">{version}</Fact>
      </dl>
    </section>
  )
}

interface RowProps {
  readonly name: string
  readonly used: number
  readonly limit: number
  readonly format: (value: number) => string
}

function Row({ name, used, limit, format }: RowProps) {
  const share = Math.min(1, used / limit)
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="num">{format(used)}</td>
      <td class="num">{format(limit)}</td>
      <td>
        <meter value={share} high={0.9} aria-label={`${name}: share of the limit`} /> {percent(share)}
      </td>
    </tr>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
