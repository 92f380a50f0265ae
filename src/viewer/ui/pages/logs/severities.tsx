/** Severities: how many there are, when, and which are asked for. */
import type { LogHistogram, Severity } from '../../../api.ts'
import { Bars } from '../../charts/bars.tsx'
import { count, time } from '../../lib/format.ts'
import { param, setParams } from '../../lib/location.tsx'

/** From the worst down. */
const SEVERITIES: readonly Severity[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'unspecified']
const NAMES = SEVERITIES.join('|')
/** A term that the buttons understand; any other is left alone. */
const TERM = new RegExp(`(^|\\s)severity:((?:${NAMES})(?:\\|(?:${NAMES}))*)(?=\\s|$)`)
const MAX_BARS = 240

/** The severities that `q` asks for; none means all. */
export function severitiesOf(q: string): readonly string[] {
  return TERM.exec(q)?.[2]?.split('|') ?? []
}

/** The histogram asks for all severities, so that the ones left out can be chosen. */
export const withoutSeverities = (q: string): string => q.replace(TERM, ' ').trim()

/** `q` with one severity added or taken away. */
export function toggleSeverity(q: string, severity: string): string {
  const now = severitiesOf(q)
  const next = now.includes(severity) ? now.filter((other) => other !== severity) : [...now, severity]
  const rest = withoutSeverities(q)
  return next.length === 0 ? rest : `${rest} severity:${next.join('|')}`.trim()
}

export function SeverityHistogram({ histogram }: { readonly histogram: LogHistogram }) {
  const { bucketUs } = histogram
  const buckets = fillGaps(histogram)
  const q = param('q')
  const asked = severitiesOf(q)
  const totals = new Map<Severity, number>()
  for (const { counts } of buckets)
    for (const severity of SEVERITIES)
      if (counts[severity]) totals.set(severity, (totals.get(severity) ?? 0) + counts[severity])
  const bars = buckets.map(({ startUs, counts }) => ({
    segments: SEVERITIES.filter((severity) => asked.length === 0 || asked.includes(severity)).map((severity) => ({
      class: `bar-${severity}`,
      value: counts[severity] ?? 0,
    })),
    label: `${time(startUs)} · ${
      SEVERITIES.filter((severity) => counts[severity])
        .map((severity) => `${count(counts[severity])} ${severity}`)
        .join(', ') || 'none'
    }`,
  }))
  return (
    <section class="log-histogram" aria-label="Records by time and severity">
      {buckets.length > 0 && (
        <Bars
          label="Records by time"
          bars={bars}
          ticks={[time(buckets[0]!.startUs), time(buckets.at(-1)!.startUs + bucketUs)]}
          onSelect={(first, last) =>
            setParams({ last: null, from: buckets[first]!.startUs, to: buckets[last]!.startUs + bucketUs - 1 })
          }
        />
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields */}
      <div class="chips" role="group" aria-label="Severity">
        {SEVERITIES.filter((severity) => totals.has(severity) || asked.includes(severity)).map((severity) => (
          <button
            key={severity}
            type="button"
            aria-pressed={asked.includes(severity)}
            onClick={() => setParams({ q: toggleSeverity(q, severity) })}
          >
            <span class={`key key-${severity}`} />
            {severity} <span class="dim">{count(totals.get(severity) ?? 0)}</span>
          </button>
        ))}
        <span class="dim total">{count(histogram.total)} records</span>
      </div>
    </section>
  )
}

/** Buckets without records are left out by the back end. */
function fillGaps({ bucketUs, buckets }: LogHistogram): LogHistogram['buckets'] {
  const [first, last] = [buckets[0], buckets.at(-1)]
  if (!first || !last) return []
  const length = Math.round((last.startUs - first.startUs) / bucketUs) + 1
  if (length > MAX_BARS) return buckets
  const known = new Map(buckets.map((bucket) => [Math.round((bucket.startUs - first.startUs) / bucketUs), bucket]))
  return Array.from(
    { length },
    (_, index) => known.get(index) ?? { startUs: first.startUs + index * bucketUs, counts: {} },
  )
}
