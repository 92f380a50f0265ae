/** What libraries talk to where no real server is to be had: answers over HTTP, memcached, and as much of MongoDB as it takes to insert. */
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** `serialize` and `deserialize` of the package bson. */
export interface Bson {
  serialize(document: object): Uint8Array
  deserialize(bytes: Uint8Array): Record<string, unknown>
}

export interface Servers {
  /** Variables with their addresses. */
  readonly env: Readonly<Record<string, string>>
  close(): void
}

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'x' } }]
const ANSWERS: Readonly<Record<string, unknown>> = {
  '/openai': { id: 'a', object: 'chat.completion', created: 1, model: 'm', choices, usage },
  '/anthropic': {
    ...{ id: 'a', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn' },
    ...{ content: [{ type: 'text', text: 'x' }], usage: { input_tokens: 1, output_tokens: 2 } },
  },
}
const BUCKETS =
  '<ListAllMyBucketsResult><Owner><ID>a</ID></Owner><Buckets><Bucket><Name>b</Name></Bucket></Buckets></ListAllMyBucketsResult>'

export async function startServers(bson: Bson): Promise<Servers> {
  const http = createHttpServer((request, response) => {
    const found = Object.entries(ANSWERS).find(([path]) => request.url?.startsWith(path))
    const type = found ? 'application/json' : request.url?.startsWith('/aws') ? 'application/xml' : 'text/plain'
    response.setHeader('content-type', type)
    response.end(found ? JSON.stringify(found[1]) : type === 'application/xml' ? BUCKETS : 'ok')
  })
  const memcached = createServer((socket) => socket.on('data', () => socket.write('STORED\r\n')))
  const mongo = createServer((socket) => answerMongo(socket, bson))
  const servers: Server[] = [http, memcached, mongo]
  const sockets = new Set<Socket>()
  for (const server of servers) server.on('connection', (socket) => sockets.add(socket.on('error', () => {})))
  const [ofHttp, ofMemcached, ofMongo] = await Promise.all(servers.map(listen))
  return {
    env: {
      TARGET: `http://127.0.0.1:${ofHttp}`,
      UPTRACE_TEST_MEMCACHED: `127.0.0.1:${ofMemcached}`,
      UPTRACE_TEST_MONGO_URL: `mongodb://127.0.0.1:${ofMongo}/wild`,
    },
    close() {
      for (const server of servers) server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

/** Messages of the kinds OP_MSG and, for the first one, OP_QUERY: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */
function answerMongo(socket: Socket, bson: Bson): void {
  const hello = {
    ...{ helloOk: true, isWritablePrimary: true, ismaster: true, minWireVersion: 0, maxWireVersion: 25 },
    ...{ maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000 },
  }
  let waiting = Buffer.alloc(0)
  socket.on('data', (part: Buffer) => {
    waiting = Buffer.concat([waiting, part])
    while (waiting.length >= 16 && waiting.length >= waiting.readInt32LE(0)) {
      const length = waiting.readInt32LE(0)
      const id = waiting.readInt32LE(4)
      const isQuery = waiting.readInt32LE(12) === 2004
      waiting = waiting.subarray(length)
      const document = Buffer.from(bson.serialize({ ...hello, ok: 1, n: 1 }))
      const body = isQuery
        ? Buffer.concat([Buffer.alloc(16), int32(1), document])
        : Buffer.concat([int32(0), Buffer.from([0]), document])
      const code = isQuery ? 1 : 2013
      socket.write(Buffer.concat([int32(16 + body.length), int32(1), int32(id), int32(code), body]))
    }
  })
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
