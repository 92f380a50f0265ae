/**
 * Timers and clocks as they were when the package was loaded: the fake timers of a test stop neither delivery nor the end of the process. They have
 * the names of the globals, so that a file which imports them reads as if it did not.
 */

export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, queueMicrotask } = globalThis

const { performance: clock } = globalThis

export const performance = {
  now: clock.now.bind(clock) as () => number,
  timeOrigin: clock.timeOrigin,
}

export const dateNow: () => number = Date.now
