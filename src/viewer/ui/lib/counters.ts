/** Versions of one signal alone: change when such data was stored, unless frozen. Read inside `useQuery`'s function with `live: false`. */
import { computed } from '@preact/signals'
import { revision, tick } from './live.ts'

const counterOf = (name: 'logs' | 'metricPoints') =>
  computed(() => {
    revision.value
    return tick.peek()?.[name] ?? 0
  })

export const logVersion = counterOf('logs')
export const metricVersion = counterOf('metricPoints')
