/** One log record opened up: where it comes from, its text in full, its attributes. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { LogRow } from '../../../api.ts'
import { time } from '../../lib/format.ts'
import { href, Link } from '../../lib/location.tsx'
import { AttributeTable, LongText } from '../../parts/attributes.tsx'
import { MiniWaterfall } from './mini-waterfall.tsx'
import { spanLink } from './span-link.ts'

interface Props {
  readonly row: LogRow
  /** Told what it takes to show all of it, in pixels. */
  readonly onHeight: (height: number) => void
}

export function Record({ row, onHeight }: Props) {
  const root = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => onHeight(root.current!.offsetHeight))
    observer.observe(root.current!)
    return () => observer.disconnect()
  }, [])
  return (
    <div class="record" ref={root}>
      <p class="record-links">
        <span class="dim">
          {time(row.timeUs)} · {row.severityText ?? row.severity} ({row.severityNumber}) · {row.scope || 'no scope'}
          {row.eventName !== null && ` · event ${row.eventName}`}
        </span>
        {row.traceId !== null && (
          <>
            <Link to={spanLink(row.traceId, row.spanId)}>Open its span</Link>
            <Link to={href('/logs', { trace: row.traceId, only: 1 })}>Records of this trace</Link>
            <Link to={href('/logs', { trace: row.traceId, open: row.id })}>Highlight this trace</Link>
          </>
        )}
      </p>
      <pre class="record-body">
        <LongText text={pretty(row.body)} />
      </pre>
      {row.traceId !== null && <MiniWaterfall row={row} traceId={row.traceId} />}
      <div class="record-columns">
        <section>
          <h2>Attributes</h2>
          <AttributeTable attributes={row.attributes} label="Attributes of the record" filterPage="/logs" />
        </section>
        <section>
          <h2>Resource</h2>
          <AttributeTable attributes={row.resource} label="Resource of the record" filterPage="/logs" />
        </section>
      </div>
    </div>
  )
}

/** JSON with line breaks, everything else as it is. */
function pretty(body: string): string {
  if (!/^[[{]/.test(body)) return body
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
