/** Deletes all that is stored, after a second question. */
import { useSignal } from '@preact/signals'
import type { ViewerStatus } from '../../../api.ts'
import { request, urlOf } from '../../lib/api.ts'
import { say } from '../../lib/copy.ts'
import { plural } from '../../lib/format.ts'

export function Clear({ storage }: { readonly storage: ViewerStatus['storage'] }) {
  const isAsked = useSignal(false)
  const clear = async () => {
    isAsked.value = false
    try {
      await request(urlOf('data'), { method: 'DELETE' })
      say('All data was deleted')
    } catch (error) {
      say(`Nothing was deleted: ${(error as Error).message}`)
    }
  }
  return (
    <section>
      <h2>Clear</h2>
      {isAsked.value ? (
        <p class="data-row" role="alert">
          Delete {plural(storage.spans, 'span')}, {plural(storage.logs, 'log record')} and{' '}
          {plural(storage.metricPoints, 'metric point')}? This can't be undone.
          <button type="button" class="danger" onClick={clear}>
            Delete all
          </button>
          <button type="button" onClick={() => (isAsked.value = false)}>
            Cancel
          </button>
        </p>
      ) : (
        <p>
          <button type="button" onClick={() => (isAsked.value = true)}>
            Delete all data…
          </button>
        </p>
      )}
    </section>
  )
}
