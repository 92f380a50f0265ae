/** Samplers that are rarely asked for; they load when they are. */
export { ConsistentProbabilitySampler, ParentThresholdSampler } from './consistent-sampler.ts'
export { createRuleSampler } from './rule-sampler.ts'
