/** The sampler of a configuration file: a name where one of ours does the same, else a sampler composed of OpenTelemetry's. */
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'
import type { ConfigureOptions, SamplerName } from '../options.ts'
import { onlyMember, unsupported } from './model.ts'

type Settings = Record<string, unknown>

const AVAILABLE = ['always_on', 'always_off', 'trace_id_ratio_based', 'parent_based', 'probability/development']

export function toSampler(model: Settings): Pick<ConfigureOptions, 'sampler' | 'samplerArg'> {
  const [name, settings] = onlyMember('a sampler', model)
  const plain = toName(name, settings)
  if (plain) return plain
  const isDefaultParent = name === 'parent_based' && Object.keys(settings).every((key) => key === 'root')
  const root = isDefaultParent ? rootOf(settings) : undefined
  const rootName = root && toName(...onlyMember('a sampler', root))
  if (rootName) return { ...rootName, sampler: `parentbased_${rootName.sampler}` as SamplerName }
  return { sampler: compose(model) }
}

function toName(name: string, settings: Settings): { sampler: SamplerName; samplerArg?: number } | undefined {
  if (name === 'always_on' || name === 'always_off') return { sampler: name }
  if (name !== 'trace_id_ratio_based' && name !== 'probability/development') return undefined
  return { sampler: 'traceidratio', samplerArg: ratioOf(settings) }
}

function compose(model: Settings): Sampler {
  const [name, settings] = onlyMember('a sampler', model)
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler()
    case 'always_off':
      return new AlwaysOffSampler()
    case 'trace_id_ratio_based':
    case 'probability/development':
      return new TraceIdRatioBasedSampler(ratioOf(settings))
    case 'parent_based':
      return new ParentBasedSampler({
        root: compose(rootOf(settings)),
        ...part(settings, 'remote_parent_sampled', 'remoteParentSampled'),
        ...part(settings, 'remote_parent_not_sampled', 'remoteParentNotSampled'),
        ...part(settings, 'local_parent_sampled', 'localParentSampled'),
        ...part(settings, 'local_parent_not_sampled', 'localParentNotSampled'),
      })
    default:
      return unsupported('the sampler', name, AVAILABLE)
  }
}

function part(settings: Settings, key: string, option: string): Record<string, Sampler> {
  const model = settings[key] as Settings | null | undefined
  return model ? { [option]: compose(model) } : {}
}

const rootOf = (settings: Settings): Settings => (settings['root'] as Settings | null | undefined) ?? { always_on: {} }
const ratioOf = (settings: Settings): number => (settings['ratio'] as number | null | undefined) ?? 1
