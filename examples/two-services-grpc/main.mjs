// A gateway that takes HTTP and calls a gRPC service in another process: one trace, one username, lines that name each other.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import path from 'node:path'
import { promisify } from 'node:util'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'
import { context, propagation, trace } from '@opentelemetry/api'
import pino from 'pino'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'gateway', baggageKeys: ['username'] })

const log = pino({ base: undefined, timestamp: false })
const service = fork(path.join(import.meta.dirname, 'service.mjs'))
const [grpcPort] = await once(service, 'message')

const { shop } = grpc.loadPackageDefinition(loader.loadSync(path.join(import.meta.dirname, 'catalogue.proto')))
// an interceptor runs inside the span of the call: a line written there carries the id that the service will see as its parent
const logging = (options, next) => {
  log.info({ service: 'gateway', method: options.method_definition.path }, 'calls the catalogue')
  return new grpc.InterceptingCall(next(options))
}
const catalogue = new shop.Catalogue(`127.0.0.1:${grpcPort}`, grpc.credentials.createInsecure(), {
  interceptors: [logging],
})
const find = promisify(catalogue.Find.bind(catalogue))

const gateway = createServer(async (_request, response) => {
  console.log(traceUrl(trace.getActiveSpan()))
  response.end(JSON.stringify(await find({ name: 'berliner' })))
}).listen(0)
await once(gateway, 'listening')

const baggage = propagation.createBaggage({ username: { value: 'donuts' } })
await context.with(propagation.setBaggage(context.active(), baggage), async () => {
  const response = await fetch(`http://localhost:${gateway.address().port}/donuts`)
  console.log(await response.text())
})

gateway.close()
catalogue.close()
service.send('end')
await once(service, 'exit')
await shutdown()
