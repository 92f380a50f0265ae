/** Begins and ends to listen to the process. An application may freeze that object at any time: then nothing changes, and nothing is thrown. */

type Listener = (...args: never[]) => void

export function listenToProcess(event: string, listener: Listener, isFirst = false): void {
  try {
    process[isFirst ? 'prependListener' : 'on'](event as 'exit', listener as () => void)
  } catch {
    // it is frozen
  }
}

export function unlistenToProcess(event: string, listener: Listener): void {
  try {
    process.off(event, listener as () => void)
  } catch {
    // it is frozen
  }
}
