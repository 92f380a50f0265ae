/** One finding: what was seen, why it matters, what to do, and where to look. */
import type { Insight } from '../../../api.ts'
import { request, urlOf } from '../../lib/api.ts'
import { serviceClass } from '../../lib/colors.ts'
import { say } from '../../lib/copy.ts'
import { ago, duration, plural, time } from '../../lib/format.ts'
import { href, Link } from '../../lib/location.tsx'
import { Exception } from '../../parts/exception.tsx'
import { SpanList } from '../../parts/span-list.tsx'
import { WithCode } from '../../parts/with-code.tsx'
import { KINDS } from './kinds.ts'

interface Props {
  readonly insight: Insight
  /** It was dismissed or brought back. */
  readonly onChange: () => void
}

export function Card({ insight, onChange }: Props) {
  const { kind, severity, service, operation, firstUs, lastUs, savingNs, evidence, query, exception } = insight
  const titleId = `insight-${insight.id}`
  return (
    <article class={`insight ${severity} ${insight.dismissed ? 'dismissed' : ''}`} aria-labelledby={titleId}>
      <header>
        <span
          class={`pill ${severity === 'info' ? '' : severity === 'error' ? 'error' : 'warn'}`}
          title={KINDS[kind].why}
        >
          {KINDS[kind].label}
        </span>
        <h2 id={titleId}>{insight.title}</h2>
        <Dismiss {...{ insight, onChange }} />
      </header>
      <p class="insight-facts">
        <span class={serviceClass(service)}>
          <span class="dot" />
          {service}
        </span>
        {operation !== null && <span>{operation}</span>}
        <span>{plural(insight.count, 'time')}</span>
        {savingNs !== null && savingNs > 0 && <strong>could save {duration(savingNs)} a call</strong>}
        <span title={`First ${time(firstUs)}, last ${time(lastUs)}`}>
          first {ago(firstUs)}, last {ago(lastUs)}
        </span>
      </p>
      <p>
        <WithCode text={insight.detail} />
      </p>
      {insight.advice !== '' && (
        <p class="advice">
          <WithCode text={insight.advice} />
        </p>
      )}
      {exception && <Exception exception={exception} />}
      {evidence.length > 0 && <SpanList spans={evidence} label="Where it was seen" />}
      {query !== null && (
        <p>
          <Link to={href('/traces', { q: query })}>All traces with it</Link>
        </p>
      )}
    </article>
  )
}

function Dismiss({ insight: { id, title, dismissed }, onChange }: Props) {
  const toggle = async (): Promise<void> => {
    try {
      await request(urlOf('dismissInsight', { insightId: id }), { method: dismissed ? 'DELETE' : 'POST' })
      say(dismissed ? 'Brought back' : 'Dismissed')
      onChange()
    } catch {
      say('The viewer did not take it')
    }
  }
  return (
    <button type="button" class="quiet" onClick={toggle}>
      {dismissed ? 'Bring back' : 'Dismiss'}
      <span class="visually-hidden">: {title}</span>
    </button>
  )
}
