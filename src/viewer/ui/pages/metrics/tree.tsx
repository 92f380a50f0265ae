/** All instruments by service and scope: the choice of what is charted. */
import type { Instrument } from '../../../api.ts'
import { findInstruments } from '../../../find-instruments.ts'
import { inUnit, plural } from '../../lib/format.ts'
import { href, IN_PLACE, Link, param, setParams } from '../../lib/location.tsx'
import { Sparkline } from '../../parts/sparkline.tsx'

export const WARNINGS: Readonly<Record<Instrument['warnings'][number], readonly [short: string, long: string]>> = {
  'no-unit': ['no unit', 'The instrument names no unit. Pass `unit` when it is created.'],
  'unspecified-temporality': [
    'temporality?',
    'The points do not say whether they are sums since the start or since the point before.',
  ],
  'high-cardinality': [
    'many series',
    'An attribute has many values: each makes a series of its own, which costs memory.',
  ],
}

export function Tree({
  instruments,
  chosen,
}: {
  readonly instruments: readonly Instrument[]
  readonly chosen: string
}) {
  const found = findInstruments(instruments, param('find'))
  const isOne = new Set(instruments.map(({ service }) => service)).size < 2
  const groups = Map.groupBy(found, ({ service, scope }) => (isOne ? scope : `${service} · ${scope}`))
  return (
    <nav class="metric-tree" aria-label="Instruments">
      <input
        type="search"
        placeholder="Find an instrument"
        title="Words of its name, service, scope, type or unit; * is any text, - excludes, type:histogram asks one of them"
        aria-label="Find an instrument"
        value={param('find')}
        onInput={(event) => setParams({ find: event.currentTarget.value }, IN_PLACE)}
      />
      {[...groups]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([group, own]) => (
          <section key={group}>
            <h2 title={group}>{group || 'no scope'}</h2>
            <ul>
              {own.map((instrument) => (
                <li key={instrument.id}>
                  <Item instrument={instrument} isChosen={instrument.id === chosen} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      {found.length === 0 && <p class="dim">No instrument meets this.</p>}
    </nav>
  )
}

function Item({ instrument, isChosen }: { readonly instrument: Instrument; readonly isChosen: boolean }) {
  const { id, name, type, unit, series, lastValue, sparkline, warnings } = instrument
  return (
    <Link
      to={href('/metrics', { m: id, find: param('find') })}
      aria-current={isChosen ? 'page' : undefined}
      title={name}
    >
      <span class="metric-name">{name}</span>
      <Sparkline values={sparkline} label="Newest values" width={64} height={16} />
      <span class="metric-facts">
        {typeName(type)}
        {unit && ` · ${unit}`} · {plural(series, 'series', 'series')}
        {lastValue !== null && ` · ${inUnit(lastValue, unit)}`}
        {warnings.map((warning) => (
          <span key={warning} class="pill warn" title={WARNINGS[warning][1]}>
            {WARNINGS[warning][0]}
          </span>
        ))}
      </span>
    </Link>
  )
}

export const typeName = (type: Instrument['type']): string =>
  type === 'exponentialHistogram' ? 'exponential histogram' : type
