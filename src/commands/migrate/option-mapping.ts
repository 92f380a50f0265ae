/** How options of another SDK become options of `configureOpentelemetry`. */
import { type Entry, entriesOf, readObjectLiteral } from './object-literal.ts'

/** What becomes of one option: entries of ours, and what the reader must know. */
export interface Mapped {
  readonly entries: readonly Entry[]
  readonly note?: string
}

/** A text that ends in a colon-free word is the new name; a function looks at the value. */
export type OptionMapping = string | ((value: string) => Mapped)

export type OptionMappings = Readonly<Record<string, OptionMapping>>

export const drop =
  (note: string): OptionMapping =>
  () => ({ entries: [], note })

/** All options of a call, in order; those that no mapping names are kept when `keepsOthers`. */
export function mapOptions(
  entries: readonly Entry[],
  mappings: OptionMappings,
  keepsOthers: boolean,
): { entries: Entry[]; notes: string[] } {
  const result: { entries: Entry[]; notes: string[] } = { entries: [], notes: [] }
  for (const entry of entries) {
    const mapping = Object.hasOwn(mappings, entry.key) ? mappings[entry.key]! : undefined
    if (mapping === undefined && !keepsOthers) result.notes.push(`${entry.key} has no counterpart`)
    else if (mapping === undefined) result.entries.push(entry)
    else if (typeof mapping === 'string') result.entries.push({ ...entry, key: mapping })
    else {
      const { entries: mapped, note } = mapping(entry.value)
      result.entries.push(...mapped)
      if (note !== undefined) result.notes.push(`${entry.key}: ${note}`)
    }
  }
  return result
}

/** A share of traces; all of them is what is recorded anyway. */
export function sampleRate(value: string): Mapped {
  if (Number(value) === 1) return { entries: [] }
  return {
    entries: [
      { key: 'sampler', value: "'parentbased_traceidratio'" },
      { key: 'samplerArg', value },
    ],
  }
}

const IDENTITY: Readonly<Record<string, string>> = {
  'service.name': 'serviceName',
  'service.version': 'serviceVersion',
  'deployment.environment': 'deploymentEnvironment',
  'deployment.environment.name': 'deploymentEnvironment',
  SERVICE_NAME: 'serviceName',
  SERVICE_VERSION: 'serviceVersion',
  DEPLOYMENT_ENVIRONMENT: 'deploymentEnvironment',
  DEPLOYMENT_ENVIRONMENT_NAME: 'deploymentEnvironment',
}

/** `resourceFromAttributes({ … })` and `new Resource({ … })` become options by name; another expression cannot be taken apart. */
export function resource(value: string): Mapped {
  const inner = entriesOf(/^(?:resourceFromAttributes|new Resource)\(([\s\S]*)\)$/.exec(value)?.[1] ?? '')
  if (inner === undefined)
    return { entries: [], note: 'give its attributes as serviceName, serviceVersion and resourceAttributes' }
  const named: Entry[] = []
  const others: Entry[] = []
  for (const entry of inner) {
    const name = entry.key.replace(/^\[.*?(?:ATTR|SEMRESATTRS|SemanticResourceAttributes)[_.]|["'\]]/g, '')
    const option = IDENTITY[name]
    if (option) named.push({ ...entry, key: option })
    else others.push(entry)
  }
  if (others.length > 0) named.push({ key: 'resourceAttributes', value: formatObject(others) })
  return { entries: named }
}

/** Settings of `getNodeAutoInstrumentations` are ours by shorter names. */
export function instrumentations(value: string): Mapped {
  const calls = [...value.matchAll(/getNodeAutoInstrumentations\(/g)]
  const settings = [...(calls.length === 1 ? settingsOf(value) : []), ...ownSettings(value)]
  const others = value.replace(/getNodeAutoInstrumentations\([\s\S]*\)/, '').match(/new \w+\(/g) ?? []
  const note =
    others.length > 0
      ? 'those of @opentelemetry/auto-instrumentations-node are on by themselves; others go into instrumentations: { add: [ … ] }'
      : undefined
  return {
    entries: settings.length > 0 ? [{ key: 'instrumentations', value: formatObject(settings) }] : [],
    ...(note !== undefined && { note }),
  }
}

/** Packages whose short name is not that of their class in small letters. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  Aws: 'aws-sdk',
  AwsLambda: 'aws-lambda',
  Cassandra: 'cassandra-driver',
  GenericPool: 'generic-pool',
  Nest: 'nestjs-core',
  RuntimeNode: 'runtime-node',
  SocketIo: 'socket.io',
}

/** Settings of those that are made one by one: `new PgInstrumentation({ … })`. */
function ownSettings(value: string): Entry[] {
  return [...value.matchAll(/new (?:\w+\.)?(\w+)Instrumentation\(\s*(?=\{)/g)].flatMap((match) => {
    const start = match.index + match[0].length
    const literal = readObjectLiteral(value, start)
    if (!literal || literal.entries.length === 0) return []
    const name = SHORT_NAMES[match[1]!] ?? match[1]!.toLowerCase()
    return [{ key: /^\w+$/.test(name) ? name : `'${name}'`, value: value.slice(start, literal.end) }]
  })
}

function settingsOf(value: string): Entry[] {
  const argument = /getNodeAutoInstrumentations\(([\s\S]*?)\)\s*,?\s*\]?$/.exec(value)?.[1] ?? ''
  return (entriesOf(argument) ?? []).map(({ key, value: setting }) => ({
    key: shortName(key),
    value: /^\{\s*enabled:\s*(true|false),?\s*\}$/.exec(setting)?.[1] ?? setting,
  }))
}

function shortName(key: string): string {
  const name = key.replace(/^(['"])@opentelemetry\/instrumentation-(.*)\1$/, '$2')
  return name === key || /^\w+$/.test(name) ? name : `'${name}'`
}

/** An exporter of OTLP is part of what we are; its address is an option. */
export function exporter(value: string): Mapped {
  const url = /\burl:\s*(['"`])(.*?)\1/.exec(value)?.[2]
  if (!/OTLP\w*Exporter/.test(value))
    return { entries: [], note: 'pass it as spanProcessors: [new BatchSpanProcessor( … )]' }
  if (url === undefined || url.includes('${'))
    return { entries: [], note: 'sending is built in: UPTRACE_DSN, or OTEL_EXPORTER_OTLP_ENDPOINT, says where to' }
  return { entries: [{ key: 'endpoint', value: `'${url.replace(/\/v1\/\w+\/?$/, '')}'` }] }
}

/** Processors and readers round an exporter of OTLP are built in; those of the application's own stay. */
export const processors =
  (key: string): OptionMapping =>
  (value) =>
    /OTLP\w*Exporter/.test(value)
      ? { entries: [], note: 'batching and sending are built in' }
      : { entries: [{ key, value: value.startsWith('[') ? value : `[${value}]` }] }

/** On several lines, as a formatter would, where it is long. */
export function formatObject(entries: readonly Entry[]): string {
  return `{ ${entries.map(formatEntry).join(', ')} }`
}

export function formatEntry({ key, value }: Entry): string {
  return value === key ||
    value.startsWith('...') ||
    (/^(?:async\s+)?\*?[\w$]+\s*\(/.test(value) && value.startsWith(key))
    ? value
    : `${key}: ${value}`
}
