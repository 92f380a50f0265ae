/** One stream of ticks from the back end; pages read `revision` and ask again when it grows. */
import { signal } from '@preact/signals'
import { ROUTES, type Tick } from '../../api.ts'

/** Grows when stored data changed, unless frozen. */
export const revision = signal(0)
export const tick = signal<Tick | undefined>(undefined)
export const connected = signal(false)
/** While true, lists stay as they are; `waiting` tells how many ticks were held back. */
export const frozen = signal(false)
export const waiting = signal(0)

export function startLive(): void {
  const source = new EventSource(ROUTES.events)
  source.addEventListener('tick', (event) => {
    const next = JSON.parse((event as MessageEvent<string>).data) as Tick
    connected.value = true
    const isNew = tick.peek() !== undefined && tick.peek()!.rev !== next.rev
    tick.value = next
    if (!isNew) return
    if (frozen.peek()) waiting.value++
    else revision.value = next.rev
  })
  source.addEventListener('error', () => {
    connected.value = false
  })
}

export function setFrozen(value: boolean): void {
  frozen.value = value
  if (value) return
  waiting.value = 0
  if (tick.peek()) revision.value = tick.peek()!.rev
}
