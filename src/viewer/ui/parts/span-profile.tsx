/** What ran on the event loop while a span was open: how the time was shared, what held it up, and flames of its own code and of that of others. */
import type { ProfileGroup, SpanBlock, SpanProfile } from '../../api.ts'
import { urlOf, useQuery } from '../lib/api.ts'
import { editorLink } from '../lib/editor.ts'
import { duration, percent, plural } from '../lib/format.ts'
import { href, Link } from '../lib/location.tsx'
import { CodeFlame, hottestOf, nameOf, placeOf } from './code-flame.tsx'

const LABELS: Readonly<Record<ProfileGroup['kind'], string>> = {
  own: 'Its own code',
  trace: 'Other spans of the trace',
  other: 'Other traces',
  none: 'Outside of spans',
}

export function SpanProfileView({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }) {
  const { data, error } = useQuery<SpanProfile>(() => urlOf('spanProfile', { traceId, spanId }), { live: false })
  if (error) return <p class="error">{error.message}</p>
  if (data === undefined) return <p class="dim">…</p>
  const { groups, blocks, sampledNs, durationNs, lost, truncated } = data
  return (
    <div class="profile">
      <Shares profile={data} />
      {blocks.map((block) => (
        <Block key={block.startUs} block={block} />
      ))}
      {groups.map((group) => (
        <details key={group.kind + group.traceId} open={group.kind === 'own'}>
          <summary>
            {LABELS[group.kind]} {group.name !== null && <b>{group.name}</b>}{' '}
            <span class="dim">{duration(group.ns)}</span>
          </summary>
          {group.traceId !== null && <Link to={href(`/traces/${group.traceId}`)}>The other trace</Link>}
          <CodeFlame roots={group.roots} wholeNs={group.ns} />
          <Hottest group={group} />
        </details>
      ))}
      {truncated && <p class="sev-warn">Only the first {duration(sampledNs)} are shown: there are too many samples.</p>}
      {!truncated && sampledNs < durationNs * 0.99 && (
        <p class="dim">Only {percent(sampledNs / durationNs)} of the time was sampled.</p>
      )}
      {lost > 0 && <p class="sev-warn">{plural(lost, 'sample')} of the process did not arrive.</p>}
    </div>
  )
}

function Shares({ profile: { groups, sampledNs, intervalUs } }: { readonly profile: SpanProfile }) {
  if (sampledNs === 0) return <p class="dim">Nothing was sampled in this time.</p>
  const sums = (Object.keys(LABELS) as ProfileGroup['kind'][]).map((kind) => ({
    kind,
    label: LABELS[kind],
    ns: groups.reduce((sum, group) => sum + (group.kind === kind ? group.ns : 0), 0),
  }))
  const busyNs = sums.reduce((sum, { ns }) => sum + ns, 0)
  const all = [...sums, { kind: 'idle', label: 'Idle', ns: Math.max(0, sampledNs - busyNs) }].filter(({ ns }) => ns > 0)
  return (
    <>
      <div class="profile-bar" aria-hidden="true">
        {all.map(({ kind, ns }) => (
          <i key={kind} class={kind} style={{ flexGrow: ns }} />
        ))}
      </div>
      <ul class="shares" title={`One sample every ${duration(intervalUs * 1000)}`}>
        {all.map(({ kind, label, ns }) => (
          <li key={kind}>
            <i class={`key ${kind}`} /> {label}{' '}
            <span class="dim">
              {percent(ns / sampledNs)}, {duration(ns)}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

function Block({ block }: { readonly block: SpanBlock }) {
  const { own, ns, callee, file, line, operation, traceId, spanId } = block
  const link = editorLink({ file, line: line || null, column: null })
  const place = placeOf(block)
  return (
    <p class="note warn profile-block">
      <span>
        {own ? 'Blocked the event loop for' : 'Waited up to'} <b>{duration(ns)}</b> {own ? 'by' : 'behind'}{' '}
        <code>{callee}</code>
        {file !== '' && (
          <>
            {' in '}
            {link === undefined ? <code>{place}</code> : <a href={link}>{place}</a>}
          </>
        )}
        {!own && operation !== null && (
          <>
            {', of '}
            {traceId === null ? (
              operation
            ) : (
              <Link to={href(`/traces/${traceId}`, { span_id: spanId })}>{operation}</Link>
            )}
          </>
        )}
      </span>
    </p>
  )
}

/** The flame as a table: for keyboards, screen readers, and to go to the line. */
function Hottest({ group }: { readonly group: ProfileGroup }) {
  return (
    <table class="profile-hot">
      <caption class="dim">Longest themselves</caption>
      <tbody>
        {hottestOf(group.roots).map(({ node, ns }) => {
          const line = node.hotLine || node.line
          const link = editorLink({ file: node.file, line: line || null, column: null })
          return (
            <tr key={`${node.name}${node.file}${node.line}`}>
              <td class="num">{duration(ns)}</td>
              <th scope="row" class="mono">
                {nameOf(node)}
              </th>
              <td class="mono">
                {link === undefined ? (
                  <span class="dim">{placeOf(node)}</span>
                ) : (
                  <a href={link} title={`${node.file}:${line}`}>
                    {placeOf({ ...node, line })}
                  </a>
                )}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
