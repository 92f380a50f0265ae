/** Shows what the `streamWrite` hook of a logger makes of each line: that is what is written in the end. */
import type { PinoInstance, Symbols } from './symbols.ts'

type StreamWrite = (this: unknown, line: string) => string
interface Hooks {
  readonly streamWrite?: StreamWrite | undefined
}

const wrapped = new WeakSet<StreamWrite>()

/** Whether the logger has such a hook; what it returns is shown from the next line on. */
export function watchStreamWrite(symbols: Symbols, instance: PinoInstance, see: (line: string) => void): boolean {
  const hooks = symbols.read(instance, 'pino.hooks') as Hooks | undefined
  const hook = hooks?.streamWrite
  if (typeof hook !== 'function') return false
  if (wrapped.has(hook)) return true
  const streamWrite: StreamWrite = function (line) {
    const written = hook.call(this, line)
    see(written)
    return written
  }
  wrapped.add(streamWrite)
  const owner = ownerOf(instance, hooks!)
  // the hooks that the application gave stay as they are
  if (owner)
    Object.defineProperty(owner.object, owner.symbol, {
      value: { ...hooks, streamWrite },
      writable: true,
      configurable: true,
      enumerable: true,
    })
  return owner !== undefined
}

function ownerOf(instance: PinoInstance, hooks: Hooks): { object: object; symbol: symbol } | undefined {
  for (
    let object: PinoInstance | null = instance;
    object;
    object = Object.getPrototypeOf(object) as PinoInstance | null
  )
    for (const symbol of Object.getOwnPropertySymbols(object))
      if (Object.getOwnPropertyDescriptor(object, symbol)?.value === hooks) return { object, symbol }
  return undefined
}
