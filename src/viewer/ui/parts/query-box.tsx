/** The query box: Enter applies, completion from the fields that are stored, an error is shown where it is. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { FieldList, FieldValueList } from '../../api.ts'
import { get, type RequestError } from '../lib/api.ts'
import { count } from '../lib/format.ts'
import { type QueryKind, recentQueries } from '../lib/query-history.ts'
import { fieldText, term } from '../lib/query-text.ts'
import { windowParams } from '../lib/window.ts'
import { QueryHelp } from './query-help.tsx'

interface Props {
  readonly of: QueryKind
  readonly value: string
  readonly onApply: (query: string) => void
  readonly error?: RequestError | undefined
  readonly placeholder?: string
  readonly label?: string
}

interface Choice {
  /** What replaces the word at the caret. */
  readonly insert: string
  readonly label: string
  readonly hint: string
}

const BUILT_IN: Readonly<Record<Props['of'], readonly string[]>> = {
  spans: [
    ...['service', 'name', 'kind', 'status', 'duration', 'trace', 'span', 'parent', 'scope', 'event', 'has', 'badge'],
    ...['trace.duration', 'trace.spans', 'trace.errors', 'trace.logs', 'root.service', 'root.name'],
  ],
  logs: ['service', 'severity', 'body', 'trace', 'span', 'scope', 'event', 'has'],
}

export function QueryBox({ of, value, onApply, error, placeholder, label = 'Query' }: Props) {
  const text = useSignal(value)
  const choices = useSignal<readonly Choice[]>([])
  const active = useSignal(-1)
  const isHelpOpen = useSignal(false)
  const input = useRef<HTMLInputElement>(null)
  const asked = useRef<AbortController | undefined>(undefined)
  const id = `query-${of}`
  useEffect(() => {
    text.value = value
  }, [value])

  const close = () => {
    asked.current?.abort()
    choices.value = []
    active.value = -1
  }
  const complete = async () => {
    asked.current?.abort()
    const abort = new AbortController()
    asked.current = abort
    const node = input.current!
    const found = await findChoices(of, wordAt(node.value, node.selectionStart ?? 0).word, abort.signal).catch(() => [])
    if (abort.signal.aborted) return
    choices.value = found
    active.value = -1
  }
  const take = (choice: Choice) => {
    const node = input.current!
    const { start, end } = wordAt(node.value, node.selectionStart ?? 0)
    text.value = node.value.slice(0, start) + choice.insert + node.value.slice(end)
    close()
    const caret = start + choice.insert.length
    requestAnimationFrame(() => {
      node.focus()
      node.setSelectionRange(caret, caret)
      if (/[:<>=~]$/.test(choice.insert)) complete()
    })
  }
  const apply = () => {
    close()
    const query = text.value.trim()
    if (query !== '') recentQueries.add(of, query)
    onApply(query)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const shown = choices.value
    if (event.key === 'Enter') {
      event.preventDefault()
      const chosen = shown[active.value]
      if (chosen) take(chosen)
      else apply()
    } else if (event.key === 'Tab' && shown[active.value]) {
      event.preventDefault()
      take(shown[active.value]!)
    } else if (event.key === 'Escape') {
      if (shown.length > 0) {
        event.preventDefault()
        close()
      } else input.current!.blur()
    } else if (shown.length > 0 && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault()
      const step = event.key === 'ArrowDown' ? 1 : -1
      active.value = (active.value + step + shown.length + (active.value < 0 && step < 0 ? 1 : 0)) % shown.length
      document.getElementById(`${id}-${active.value}`)?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'ArrowDown') complete()
  }
  return (
    <div class="query-box">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          apply()
        }}
      >
        <input
          ref={input}
          type="search"
          class="mono"
          // biome-ignore lint/a11y/noRedundantRoles: a search field is a combobox only with a list attribute
          role="combobox"
          list={undefined}
          aria-label={label}
          aria-expanded={choices.value.length > 0}
          aria-controls={`${id}-choices`}
          aria-autocomplete="list"
          aria-activedescendant={active.value >= 0 ? `${id}-${active.value}` : undefined}
          aria-invalid={error !== undefined}
          aria-describedby={error ? `${id}-error` : undefined}
          spellcheck={false}
          autocomplete="off"
          placeholder={placeholder}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value
            complete()
          }}
          onKeyDown={onKeyDown}
          onBlur={() => setTimeout(close, 150)}
        />
        <button type="submit">Search</button>
        <button
          type="button"
          class="quiet"
          aria-label="Queries and how to write them"
          title="Saved and recent queries, and how to write one"
          aria-expanded={isHelpOpen.value}
          onClick={() => (isHelpOpen.value = !isHelpOpen.value)}
        >
          ?
        </button>
      </form>
      <div
        id={`${id}-choices`}
        class="choices mono"
        role="listbox"
        aria-label="Completions"
        hidden={choices.value.length === 0}
      >
        {choices.value.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the field, as the combobox pattern asks
          <div
            key={choice.label}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active.value}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => take(choice)}
          >
            <span class="ellipsis">{choice.label}</span> <span class="dim">{choice.hint}</span>
          </div>
        ))}
      </div>
      {isHelpOpen.value && (
        <QueryHelp
          of={of}
          current={value}
          onTake={(query) => {
            text.value = query
            isHelpOpen.value = false
            apply()
          }}
        />
      )}
      {error && (
        <p id={`${id}-error`} class="query-error error" role="alert">
          {error.position !== undefined && error.code === 'bad_query' && (
            <code aria-hidden="true">
              {value.slice(Math.max(0, error.position - 20), error.position)}
              <mark>{value.slice(error.position, error.position + 20) || '␣'}</mark>
            </code>
          )}
          {error.message}
          {error.position !== undefined && <span class="visually-hidden"> At character {error.position + 1}.</span>}
        </p>
      )}
    </div>
  )
}

/** The term that the caret is in. */
function wordAt(text: string, caret: number): { word: string; start: number; end: number } {
  for (const found of text.matchAll(/(?:"(?:\\.|[^"\\])*"?|[^\s"])+/g)) {
    const end = found.index + found[0].length
    if (found.index <= caret && caret <= end) return { word: text.slice(found.index, caret), start: found.index, end }
  }
  return { word: '', start: caret, end: caret }
}

async function findChoices(of: Props['of'], word: string, signal: AbortSignal): Promise<readonly Choice[]> {
  const [, minus = '', field = '', operator = '', rest = ''] = /^(-?)([^\s":=!<>~|]*)(:|!=|=|~)?(.*)$/s.exec(word) ?? []
  const query = { ...windowParams(), of }
  if (operator === '' || field === 'has') {
    const prefix = field === 'has' ? rest : field
    const head = field === 'has' ? `${minus}has:` : minus
    const tail = field === 'has' ? '' : ':'
    const stored = await get<FieldList>('fields', { ...query, prefix }, signal).catch(() => undefined)
    const names = BUILT_IN[of].filter((name) => name.startsWith(prefix) && prefix !== '')
    const fields = (stored?.fields ?? []).filter((one) => !names.includes(one.field))
    return [
      ...names.map((name) => ({ insert: `${head}${name}${tail}`, label: name, hint: '' })),
      ...fields.map((one) => ({
        insert: `${head}${fieldText(one.field)}${tail}`,
        label: one.field,
        hint: `${one.type} ${count(one.count)}`,
      })),
    ].slice(0, 30)
  }
  const prefix = rest.slice(rest.lastIndexOf('|') + 1).replace(/^"/, '')
  const before = rest.slice(0, rest.lastIndexOf('|') + 1)
  const { values } = await get<FieldValueList>('fieldValues', { ...query, field, prefix }, signal)
  return values.slice(0, 30).map((one) => ({
    insert: `${minus}${field}${operator}${before}${term('', one.value, '')} `,
    label: one.value,
    hint: count(one.count),
  }))
}
