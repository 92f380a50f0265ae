/** Reads a declarative configuration file through OpenTelemetry's parser and turns it into options, destinations and variables. */
import { readFileSync } from 'node:fs'
import { parseConfigFile } from '@opentelemetry/configuration'
import { parseDocument } from 'yaml'
import { ConfigError } from '../../errors.ts'
import { validateOptions } from '../validate.ts'
import { withoutUndefined } from '../without-undefined.ts'
import { addGeneral, readOwnOptions } from './general.ts'
import { addMeterProvider } from './metrics.ts'
import { type Draft, type FileConfig, type Model, UnsupportedError } from './model.ts'
import { addLoggerProvider, addTracerProvider } from './providers.ts'

/** All of the file, or what is wrong with it. */
export function loadConfigFile(path: string): FileConfig | { readonly problem: string } {
  try {
    return toConfig(readModel(path))
  } catch (error) {
    return { problem: describe(error) }
  }
}

function readModel(path: string): Model {
  // the parser of OpenTelemetry goes on with what it could make of a file that is no YAML
  const [wrong] = parseDocument(readFileSync(path, 'utf8'), { version: '1.2', prettyErrors: false }).errors
  if (wrong) throw new UnsupportedError(`it is not valid YAML: ${wrong.message.split('\n')[0]}`)
  return parseConfigFile(path)
}

function toConfig(model: Model): FileConfig {
  const draft: Draft = { options: {}, destinations: [], environment: {}, warnings: [] }
  const own = readOwnOptions(model)
  addGeneral(draft, model)
  const sendsAll = 'backend' in own || 'dsn' in own || 'endpoint' in own
  // a back end or a DSN in the file takes all three signals, with or without a provider in the file
  const leaveOut = (name: 'tracer_provider' | 'meter_provider' | 'logger_provider'): boolean => sendsAll && !model[name]
  if (!leaveOut('tracer_provider')) addTracerProvider(draft, model)
  if (!leaveOut('meter_provider')) addMeterProvider(draft, model)
  if (!leaveOut('logger_provider')) addLoggerProvider(draft, model)
  if (sendsAll) for (const name of EXPORTERS) addOtlp(draft, name)
  const options = withoutUndefined({ ...draft.options, ...own })
  validateOptions(options)
  return { ...draft, options }
}

const EXPORTERS = ['OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER', 'OTEL_LOGS_EXPORTER'] as const

function addOtlp({ environment }: Draft, name: (typeof EXPORTERS)[number]): void {
  const named = environment[name]
  if (named !== undefined && !named.includes('otlp')) environment[name] = `${named},otlp`
}

function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof ConfigError) return `its key uptrace is wrong: ${message}`
  if (error instanceof UnsupportedError || code === undefined)
    return message.replace(/^Invalid OpenTelemetry config file: /, '').replaceAll(/\s*\n\s*/g, '; ')
  return `it can't be read (${code})`
}
