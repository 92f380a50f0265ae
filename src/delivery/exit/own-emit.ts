/** For a moment of one turn `process.emit` is ours: Node tells an end by it, whoever listens. */
import { queueMicrotask } from '../../timers.ts'

/** `emit` gets each event of this turn. @returns what gives back the application's own */
export function ownEmit(emit: (event: string | symbol, go: () => boolean) => boolean): () => void {
  const { emit: given } = process
  const isOwn = Object.hasOwn(process, 'emit')
  const ours = function (this: unknown, ...args: [event: string | symbol]): boolean {
    return emit(args[0], () => Reflect.apply(given, this, args))
  } as typeof given
  const restore = (): void => {
    if (process.emit !== ours) return
    if (isOwn) process.emit = given
    else Reflect.deleteProperty(process, 'emit')
  }
  try {
    process.emit = ours
  } catch {
    // a frozen process
  }
  queueMicrotask(restore)
  return restore
}
