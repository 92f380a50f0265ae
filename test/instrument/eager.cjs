/** The other arm: every instrumentation of the catalogue, loaded and enabled at once, the way OpenTelemetry's own set-up does it. */
const { context, propagation, trace } = require('@opentelemetry/api')
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
const { W3CTraceContextPropagator } = require('@opentelemetry/core')
const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { getNodeAutoInstrumentations } = require('@opentelemetry/auto-instrumentations-node')
const sdk = require('@opentelemetry/sdk-trace')

const off = ['fs', 'net', 'dns', 'router', 'connect', 'cucumber', 'pino', 'runtime-node', 'host-metrics']
const layers = {
  '@opentelemetry/instrumentation-express': { ignoreLayersType: ['middleware', 'router'] },
  '@opentelemetry/instrumentation-koa': { ignoreLayersType: ['middleware'] },
}
const provider = new sdk.TracerProvider({ spanProcessors: [require('./collect.cjs').collect] })
trace.setGlobalTracerProvider(provider)
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
registerInstrumentations({
  instrumentations: getNodeAutoInstrumentations({
    ...Object.fromEntries(off.map((name) => [`@opentelemetry/instrumentation-${name}`, { enabled: false }])),
    ...layers,
  }),
})
