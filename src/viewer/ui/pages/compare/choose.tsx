/** The form that asks which two traces to compare. */
import { href, Link, setParams } from '../../lib/location.tsx'

export function Choose({ a, b }: { readonly a: string; readonly b: string }) {
  return (
    <form
      class="state compare-choose"
      onSubmit={(event) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        setParams({ a: String(form.get('a')).trim(), b: String(form.get('b')).trim() })
      }}
    >
      <h1>Compare two traces</h1>
      <p>
        Choose two in the <Link to={href('/traces')}>list of traces</Link> (key x), or give their ids.
      </p>
      {(['a', 'b'] as const).map((side) => (
        <label key={side}>
          Trace {side.toUpperCase()}{' '}
          <input
            class="mono"
            name={side}
            required
            pattern="\s*[0-9a-f]{32}\s*"
            size={36}
            defaultValue={side === 'a' ? a : b}
          />
        </label>
      ))}
      <button type="submit">Compare</button>
    </form>
  )
}
