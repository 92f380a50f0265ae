/** The option `instrumentations`: settings by name, and instrumentations of the application's own. */
import type { Instrumentation } from '@opentelemetry/instrumentation'
import type { InstrumentationName, InstrumentationSettings, InstrumentationsOption } from './options.ts'

type Setting = InstrumentationSettings[InstrumentationName]

export function readOption(option: InstrumentationsOption | undefined): {
  settings: InstrumentationSettings
  own: Instrumentation[]
} {
  if (isList(option)) return { settings: {}, own: option.flat() as Instrumentation[] }
  const { add = [], ...named } = option ?? {}
  const settings = Object.fromEntries(Object.entries(named).map(([name, setting]) => [name, withoutEmpty(setting)]))
  return { settings, own: add.flat() as Instrumentation[] }
}

/** An object that holds no setting says on or off, as `true` and `false` do. */
function withoutEmpty(setting: Setting): Setting {
  if (typeof setting !== 'object' || setting === null) return setting
  const { enabled, ...others } = setting
  return Object.values(others).some((value) => value !== undefined) ? setting : enabled !== false
}

function isList(
  option: InstrumentationsOption | undefined,
): option is ReadonlyArray<Instrumentation | readonly Instrumentation[]> {
  return Array.isArray(option)
}
