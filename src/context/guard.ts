/** Runs propagators so that none can harm the program: what they throw is caught, what they write is checked, and each fault is said once. */
import {
  type Context,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api'
import { hearRejection } from '../errors.ts'
import { log } from '../log.ts'
import { findFault } from './header-rules.ts'

const MAX_SAID = 100
const MAX_SHOWN = 60

type Headers = Record<string, unknown>

const guarded = new WeakSet<TextMapPropagator>()

/** A propagator that never throws. One of ours has a `name`, by which lines speak of it. */
export function guardPropagator(propagator: TextMapPropagator, name?: string): TextMapPropagator {
  const isGuarded = guarded.has(propagator) || (typeof propagator !== 'object' && typeof propagator !== 'function')
  if (isGuarded || propagator === null) return propagator
  return markGuarded(new GuardedPropagator(propagator, name))
}

/** For a propagator that consists of guarded ones. */
export function markGuarded(propagator: TextMapPropagator): TextMapPropagator {
  guarded.add(propagator)
  return propagator
}

class GuardedPropagator implements TextMapPropagator {
  readonly #propagator: TextMapPropagator
  readonly #name: string
  readonly #isOurs: boolean
  readonly #said = new Set<string>()
  // biome-ignore lint/suspicious/noExplicitAny: setters of all carriers
  #checked: { readonly setter: TextMapSetter<any>; readonly checked: TextMapSetter<any> } | undefined

  constructor(propagator: TextMapPropagator, name: string | undefined) {
    this.#propagator = propagator
    this.#name = name ?? nameOf(propagator)
    this.#isOurs = name !== undefined
  }

  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    try {
      const before = this.#isOurs ? undefined : copyOf(carrier)
      try {
        this.#watch('inject', this.#propagator.inject(context, carrier, this.#check(setter)))
      } finally {
        if (before !== undefined) this.#undoIllegal(carrier as Headers, before)
      }
    } catch (error) {
      this.#sayThrown('inject', error)
    }
  }

  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    try {
      const extracted: unknown = this.#propagator.extract(context, carrier, getter)
      if (extracted === context) return context
      if (isContext(extracted)) return this.#repair(extracted)
      this.#watch('extract', extracted)
      this.#say('extract: no context', 'extract did not return a context; what came in is not read')
    } catch (error) {
      this.#sayThrown('extract', error)
    }
    return context
  }

  /** What is no span throws here, where it is caught, and not in the tracer; what is no state or no baggage is taken out. */
  #repair(context: Context): Context {
    const span = trace.getSpanContext(context)
    const state: unknown = span?.traceState
    if (span !== undefined && state !== undefined && !hasMethods(state, 'get', 'set', 'unset', 'serialize')) {
      this.#say('extract: no state', 'extract returned a traceState that is none; the trace goes on without it')
      const { traceState: _, ...rest } = span
      return this.#repair(trace.setSpanContext(context, rest))
    }
    const baggage: unknown = propagation.getBaggage(context)
    if (baggage === undefined || hasMethods(baggage, 'getAllEntries', 'getEntry')) return context
    this.#say('extract: no baggage', 'extract returned baggage that is none; it is left out')
    return propagation.deleteBaggage(context)
  }

  fields(): string[] {
    try {
      const fields: unknown = this.#propagator.fields?.()
      return Array.isArray(fields) ? fields.filter((field) => typeof field === 'string') : []
    } catch (error) {
      this.#sayThrown('fields', error)
      return []
    }
  }

  /** For a propagator that writes into the carrier itself, past the setter. */
  #undoIllegal(carrier: Headers, before: Headers): void {
    for (const [key, value] of Object.entries(carrier)) {
      const fault = value === before[key] || typeof value === 'number' ? undefined : findFault(key, value)
      if (fault === undefined) continue
      if (Object.hasOwn(before, key)) carrier[key] = before[key]
      else delete carrier[key]
      this.#sayNotSent(key, fault)
    }
  }

  /** Nearly all calls come with one setter, that of the API: its checked form is made once. */
  #check<Carrier>(setter: TextMapSetter<Carrier>): TextMapSetter<Carrier> {
    if (this.#checked?.setter !== setter) this.#checked = { setter, checked: this.#createChecked(setter) }
    return this.#checked.checked
  }

  #createChecked<Carrier>(setter: TextMapSetter<Carrier>): TextMapSetter<Carrier> {
    return {
      set: (carrier, key: unknown, given: unknown) => {
        const value = typeof given === 'number' ? String(given) : given
        const fault = findFault(key, value)
        if (fault !== undefined) return this.#sayNotSent(key, fault)
        try {
          setter.set(carrier, key as string, value as string)
        } catch (error) {
          this.#sayThrown(`setting ${key as string}`, error)
        }
      },
    }
  }

  #watch(what: string, result: unknown): void {
    hearRejection(result, (error) => this.#sayThrown(what, error))
  }

  #sayNotSent(key: unknown, fault: string): void {
    const shown = (JSON.stringify(key) ?? String(key)).slice(0, MAX_SHOWN)
    this.#say(`${fault} ${shown}`, `the header ${shown} is not sent: ${fault}`)
  }

  #sayThrown(what: string, error: unknown): void {
    this.#say(what, `${what} threw ${describe(error)}`)
  }

  #say(key: string, text: string): void {
    if (this.#said.has(key) || this.#said.size >= MAX_SAID) return
    this.#said.add(key)
    log.warn(`propagator ${this.#name}: ${text}`)
  }
}

/** Of a plain object of headers; carriers of other kinds check what they are given by themselves. */
function copyOf(carrier: unknown): Headers | undefined {
  const prototype = typeof carrier === 'object' && carrier !== null ? Object.getPrototypeOf(carrier) : undefined
  return prototype === Object.prototype || prototype === null ? { ...(carrier as Headers) } : undefined
}

function isContext(value: unknown): value is Context {
  return hasMethods(value, 'getValue', 'setValue', 'deleteValue')
}

function hasMethods(value: unknown, ...names: string[]): boolean {
  const methods = (value ?? {}) as Record<string, unknown>
  return names.every((name) => typeof methods[name] === 'function')
}

function nameOf(propagator: TextMapPropagator): string {
  try {
    const name: unknown = propagator.constructor?.name
    if (typeof name === 'string' && name !== '' && name !== 'Object') return name
  } catch {
    // a proxy of the application's that answers nothing
  }
  return 'of the application'
}

/** Whatever was thrown, as text; to look at it may throw again. */
function describe(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  } catch {
    return 'something that cannot be shown'
  }
}
