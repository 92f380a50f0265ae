/**
 * Listeners of the process that come back when someone removes all of them, as some programs do while they stop. Node's own hooks, which begin and
 * end to watch a signal, go with them: those are kept here and called by hand.
 */
import { listenToProcess, unlistenToProcess } from '../../process-events.ts'
import { queueMicrotask } from '../../timers.ts'
import { ownEmit } from './own-emit.ts'

export interface ProcessListeners {
  /** Listens until `drop`. `isFirst`: before the listeners there are. */
  keep(event: string, listener: Listener, isFirst?: boolean): void
  drop(event: string, listener: Listener): void
  dropAll(): void
}

export type Listener = (...args: never[]) => void

interface Kept {
  readonly event: string
  readonly listener: Listener
  readonly isFirst: boolean
}

export function createProcessListeners(): ProcessListeners {
  const node = nodeHooks()
  let kept: Kept[] = []
  let isOurs = false
  let isScheduled = false
  let giveBackEmit = (): void => {}
  let isWatching = false

  return {
    keep(event, listener, isFirst = false) {
      const one = { event, listener, isFirst }
      kept.push(one)
      add(one)
      watch()
    },
    drop(event, listener) {
      kept = kept.filter((one) => one.event !== event || one.listener !== listener)
      remove(event, listener)
    },
    dropAll() {
      const all = kept
      kept = []
      for (const { event, listener } of all) remove(event, listener)
      remove('removeListener', onRemoved)
      isWatching = false
    },
  }

  function add({ event, listener, isFirst }: Kept): void {
    quietly(() => listenToProcess(event, listener, isFirst))
    if (event.startsWith('SIG')) node.start?.(event)
  }

  function remove(event: string, listener: Listener): void {
    quietly(() => unlistenToProcess(event, listener))
    if (event.startsWith('SIG')) node.stop?.(event)
  }

  function quietly(change: () => void): void {
    isOurs = true
    try {
      change()
    } finally {
      isOurs = false
    }
  }

  function watch(): void {
    if (isWatching) return
    isWatching = true
    quietly(() => listenToProcess('removeListener', onRemoved))
  }

  function onRemoved(event: string | symbol, listener: unknown): void {
    if (isOurs || !kept.some((one) => one.event === event && one.listener === listener)) return
    // a signal that comes before the listener is back waits for it
    if (String(event).startsWith('SIG')) node.start?.(event as string)
    if (isScheduled) return
    isScheduled = true
    queueMicrotask(restore)
    // the process may end in this very turn
    giveBackEmit = ownEmit((event, go) => {
      if (isScheduled && isKept(event)) restore()
      return go()
    })
  }

  /** Those of adding and removing are a part of what is under way. */
  function isKept(event: string | symbol): boolean {
    return event !== 'newListener' && event !== 'removeListener' && kept.some((one) => one.event === event)
  }

  function restore(): void {
    if (!isScheduled) return
    isScheduled = false
    giveBackEmit()
    for (const one of kept) if (!isListening(one.event, one.listener)) add(one)
    if (isListening('removeListener', onRemoved)) return
    isWatching = false
    if (kept.length > 0) watch()
  }
}

export const isListening = (event: string, listener: Listener): boolean =>
  process.listeners(event as 'exit').includes(listener as () => void)

interface NodeHooks {
  readonly start: ((signal: string) => void) | undefined
  readonly stop: ((signal: string) => void) | undefined
}

/** Node's own listeners that begin and end to watch a signal. Without them no signal is watched any more once someone has removed all listeners. */
function nodeHooks(): NodeHooks {
  const find = (event: string, name: string): ((signal: string) => void) | undefined =>
    process.listeners(event as 'exit').find((listener) => listener.name === name) as
      | ((signal: string) => void)
      | undefined
  return {
    start: find('newListener', 'startListeningIfSignal'),
    stop: find('removeListener', 'stopListeningIfSignal'),
  }
}
