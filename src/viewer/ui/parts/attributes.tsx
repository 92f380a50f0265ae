/** Attributes as a table, grouped by the first part of their keys, with copy and filter at each value. */
import { useSignal } from '@preact/signals'
import type { Attributes, AttributeValue } from '../../api.ts'
import { href, Link, param, path } from '../lib/location.tsx'
import { addTerm, attributeTerm } from '../lib/query-text.ts'
import { CopyButton } from './copy-button.tsx'

interface Props {
  readonly attributes: Attributes
  readonly label: string
  /** Page whose query the filter links open; none without it. */
  readonly filterPage?: '/traces' | '/logs'
}

export function AttributeTable({ attributes, label, filterPage }: Props) {
  const keys = Object.keys(attributes).sort()
  if (keys.length === 0) return <p class="dim">None.</p>
  let group = ''
  return (
    <table class="attributes" aria-label={label}>
      <tbody>
        {keys.map((key) => {
          const next = key.split('.', 1)[0]!
          const isFirst = next !== group
          group = next
          return <Row key={key} name={key} value={attributes[key]!} isFirst={isFirst} filterPage={filterPage} />
        })}
      </tbody>
    </table>
  )
}

interface RowProps {
  readonly name: string
  readonly value: AttributeValue
  readonly isFirst: boolean
  readonly filterPage: Props['filterPage']
}

function Row({ name, value, isFirst, filterPage }: RowProps) {
  const text = textOf(value)
  const isScalar = typeof value !== 'object'
  const own = attributeTerm(name, value)
  // on the page itself it narrows down further
  const linkWith = (added: string) =>
    href(filterPage!, { q: path.value === filterPage ? addTerm(param('q'), added) : added })
  const what = filterPage === '/logs' ? 'records' : 'traces'
  return (
    <tr class={isFirst ? 'group' : undefined}>
      <th scope="row" class="mono">
        {breakable(name)}
      </th>
      <td>
        <LongText text={text} class={typeof value === 'number' ? 'mono number' : 'mono'} />
      </td>
      <td class="actions">
        <CopyButton text={text} label={`Copy ${name}`} />
        {filterPage && isScalar && (
          <>
            <Link to={linkWith(own)} aria-label={`Filter: ${what} with this ${name}`} title={`Filter: ${what} with it`}>
              +
            </Link>
            <Link
              to={linkWith(`-${own}`)}
              aria-label={`Exclude: ${what} without this ${name}`}
              title={`Exclude: ${what} without it`}
            >
              −
            </Link>
          </>
        )}
      </td>
    </tr>
  )
}

/** A long key is broken behind a dot or a line, not in the middle of a word. */
const breakable = (name: string) =>
  name.split(/(?<=[._/-])/).map((part, index) => (
    <>
      {index > 0 && <wbr />}
      {part}
    </>
  ))

const FOLD_ABOVE = 600

export function LongText({ text, class: className }: { readonly text: string; readonly class?: string }) {
  const open = useSignal(false)
  const isLong = text.length > FOLD_ABOVE
  return (
    <span class={className}>
      {isLong && !open.value ? `${text.slice(0, FOLD_ABOVE)}…` : text}
      {isLong && (
        <button type="button" class="quiet" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
          {open.value ? 'less' : `all ${text.length} characters`}
        </button>
      )}
    </span>
  )
}

export const textOf = (value: AttributeValue): string => (typeof value === 'string' ? value : JSON.stringify(value))
