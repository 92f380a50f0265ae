/** The pino instrumentation of the catalogue: joins each copy of pino as it is loaded, or already was. */
import type {
  Instrumentation,
  InstrumentationConfig,
  InstrumentationModuleDefinition,
} from '@opentelemetry/instrumentation'
import type { LogCorrelationOptions } from '../../config/options.ts'
import { loadLazily } from '../../lazy.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { attachPino, configurePino, disablePino } from './bridge.ts'

type Base = typeof import('@opentelemetry/instrumentation')
type Pino = (options: object, stream: { write(line: string): void }) => Parameters<typeof attachPino>[0]

export function createPinoInstrumentation(config: LogCorrelationOptions): Instrumentation {
  const { InstrumentationBase, InstrumentationNodeModuleDefinition } = loadLazily<Base>('instrumentation')
  class PinoInstrumentation extends InstrumentationBase {
    override init(): InstrumentationModuleDefinition {
      return new InstrumentationNodeModuleDefinition('pino', ['>=5.14.0 <12'], (exported: unknown) => {
        const pino = (typeof exported === 'function' ? exported : (exported as { default?: unknown }).default) as Pino
        // a logger that writes nowhere leads to the prototype which all loggers of this copy share
        attachPino(pino({ level: 'silent' }, { write() {} }))
        return exported
      })
    }
    override setConfig(config: InstrumentationConfig & LogCorrelationOptions): void {
      super.setConfig(config)
      configurePino(config)
    }
    override enable(): void {
      configurePino(this.getConfig() as LogCorrelationOptions)
      super.enable()
    }
    override disable(): void {
      disablePino()
      super.disable()
    }
  }
  return new PinoInstrumentation(
    `${DISTRO_NAME}/pino`,
    VERSION,
    config as InstrumentationConfig,
  ) as unknown as Instrumentation
}
