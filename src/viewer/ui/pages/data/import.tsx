/** Import by choosing files; dropping them on any page does the same. */
import { describeImport, type Imported, imported, importFiles, isImporting } from '../../lib/import-file.ts'
import { href, Link } from '../../lib/location.tsx'

export function Import() {
  return (
    <section>
      <h2>Import</h2>
      <p>
        Traces, logs and metrics as OTLP (JSON, one object or one a line, or protobuf), Jaeger, Zipkin v2 or Tempo JSON,
        each also with gzip or zstd, or a zip of such files, as Aspire exports it. Drop them on any page, or choose them
        here. A file that can't be read whole stores nothing.
      </p>
      <p>
        <input
          type="file"
          multiple
          aria-label="Files to import"
          accept=".json,.jsonl,.ndjson,.pb,.binpb,.gz,.zst,.zip"
          disabled={isImporting.value}
          onChange={(event) => {
            const { currentTarget } = event
            void importFiles([...(currentTarget.files ?? [])]).then(() => {
              currentTarget.value = ''
            })
          }}
        />
      </p>
      {imported.value.length > 0 && (
        <ul class="data-imported" aria-live="polite">
          {imported.value.map((one) => (
            <Outcome key={one} one={one} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Outcome({ one }: { readonly one: Imported }) {
  return (
    <li class={one.result ? undefined : 'error'}>
      <b>{one.name}</b>: {describeImport(one)}{' '}
      {one.result?.traceId && <Link to={href(`/traces/${one.result.traceId}`)}>open the first trace</Link>}
    </li>
  )
}
