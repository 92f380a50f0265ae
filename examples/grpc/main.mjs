// A gRPC server and its client, from a .proto file: one trace over both, a stream, and a call that fails with NOT_FOUND.

import { once } from 'node:events'
import path from 'node:path'
import { promisify } from 'node:util'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'grpc-example' })

const { shop } = grpc.loadPackageDefinition(loader.loadSync(path.join(import.meta.dirname, 'catalogue.proto')))
const donuts = [
  { name: 'berliner', cents: 120 },
  { name: 'cruller', cents: 150 },
]

const server = new grpc.Server()
server.addService(shop.Catalogue.service, {
  Find: ({ request }, callback) => {
    const donut = donuts.find(({ name }) => name === request.name)
    if (donut) return callback(null, donut)
    callback({ code: grpc.status.NOT_FOUND, details: `no donut is named ${request.name}` })
  },
  List: (call) => {
    for (const donut of donuts) call.write(donut)
    call.end()
  },
})
const listen = promisify(server.bindAsync.bind(server))
const port = await listen(`localhost:${process.env.PORT ?? 0}`, grpc.ServerCredentials.createInsecure())

const client = new shop.Catalogue(`localhost:${port}`, grpc.credentials.createInsecure())
const find = promisify(client.Find.bind(client))

await withSpan('breakfast', async (span) => {
  console.log(traceUrl(span))
  console.log(await find({ name: 'berliner' }))
  const list = client.List({})
  list.on('data', ({ name }) => console.log(name))
  await once(list, 'end')
  await find({ name: 'bagel' }).catch((error) => console.log(error.message))
})

client.close()
server.tryShutdown(() => shutdown())
