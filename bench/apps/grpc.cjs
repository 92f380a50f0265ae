/** One unary call of gRPC to a server in the same process. */
const grpc = require('@grpc/grpc-js')
const { createServer } = require('node:http')
const { listening } = require('./report.cjs')

const toBytes = (value) => Buffer.from(value)
const toText = (bytes) => bytes.toString()
const service = {
  stock: {
    path: '/bench.Stock/Get',
    requestStream: false,
    responseStream: false,
    requestSerialize: toBytes,
    requestDeserialize: toText,
    responseSerialize: toBytes,
    responseDeserialize: toText,
  },
}
const backend = new grpc.Server()
backend.addService(service, { stock: (call, answer) => answer(null, `stock of ${call.request}`) })
backend.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  const Client = grpc.makeGenericClientConstructor(service, 'Stock')
  const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  const server = createServer((request, response) => {
    client.stock(request.url, (failure, body) => {
      response.writeHead(failure ? 500 : 200, { 'content-length': Buffer.byteLength(body ?? '') }).end(body)
    })
  })
  server.listen(0, '127.0.0.1', () => listening(server))
})
