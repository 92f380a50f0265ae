// The second service: gRPC. Its line names as parent the span in which the gateway wrote its own.

import path from 'node:path'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'
import pino from 'pino'
import { configureOpentelemetry, shutdown, withSpan } from 'uptrace-node'

configureOpentelemetry({
  serviceName: 'catalogue',
  baggageKeys: ['username'],
  logs: { keys: { parentSpanId: 'parent_span_id' } },
})

const log = pino({ base: undefined, timestamp: false })
const { shop } = grpc.loadPackageDefinition(loader.loadSync(path.join(import.meta.dirname, 'catalogue.proto')))

const server = new grpc.Server()
server.addService(shop.Catalogue.service, {
  Find: ({ request }, callback) => {
    log.info({ service: 'catalogue' }, `finds ${request.name}`)
    withSpan('SELECT donuts', { attributes: { 'db.query.text': 'SELECT * FROM donuts WHERE name = $1' } }, () =>
      callback(null, { name: request.name, cents: 120 }),
    )
  },
})
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, port) => process.send(port))
process.on('message', () => server.tryShutdown(() => shutdown().then(() => process.disconnect())))
