/** In place of `src/timers.ts`, which keeps the timers that it met when it was loaded: here they are those of the moment, so that a test can move the clock. */
export const setTimeout = (...args: Parameters<typeof globalThis.setTimeout>): NodeJS.Timeout =>
  globalThis.setTimeout(...args)
export const clearTimeout = (timer: NodeJS.Timeout): void => globalThis.clearTimeout(timer)
export const setInterval = (...args: Parameters<typeof globalThis.setInterval>): NodeJS.Timeout =>
  globalThis.setInterval(...args)
export const clearInterval = (timer: NodeJS.Timeout): void => globalThis.clearInterval(timer)
export const { setImmediate, queueMicrotask } = globalThis
export const performance = {
  now: () => globalThis.performance.now(),
  timeOrigin: globalThis.performance.timeOrigin,
}
export const dateNow = (): number => Date.now()
