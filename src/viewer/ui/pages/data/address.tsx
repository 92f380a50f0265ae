/** Where programs send to: the DSN and the plain OTLP address. */
import type { ViewerStatus } from '../../../api.ts'
import { CopyButton } from '../../parts/copy-button.tsx'

export function Address({ status: { dsn, otlpUrl } }: { readonly status: ViewerStatus }) {
  return (
    <section>
      <h2>Send to this viewer</h2>
      <dl class="data-facts">
        <Line name="DSN" text={dsn} />
        <Line name="Node.js" text={`UPTRACE_DSN=${dsn} node --import uptrace-node/register app.js`} />
        <Line name="Any OTLP exporter" text={`OTEL_EXPORTER_OTLP_ENDPOINT=${new URL(dsn).origin}`} />
        <Line name="with the header" text={`OTEL_EXPORTER_OTLP_HEADERS=uptrace-dsn=${dsn}`} />
        {otlpUrl !== null && <Line name="Without a header" text={`OTEL_EXPORTER_OTLP_ENDPOINT=${otlpUrl}`} />}
      </dl>
      {otlpUrl === null && (
        <p class="dim">
          Programs that can't send a header need an open port: <code>uptrace-node ui --otlp</code>
        </p>
      )}
      <p class="dim">The DSN holds the token of this viewer. It is worth nothing on another machine.</p>
    </section>
  )
}

function Line({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code class="data-address">{text}</code> <CopyButton text={text} label={`Copy: ${name}`} />
      </dd>
    </div>
  )
}
