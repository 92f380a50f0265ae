/** OTLP requests of spans as Express, pg and redis make them, fast enough that the sender is not what a benchmark measures. */

export const SPANS_A_TRACE = 20
export const SPANS_A_REQUEST = 512
/** After so many requests a trace starts where a request starts again. */
const CYCLE = 5
const ROUTES = 40
const PLACEHOLDER = /@(trace|user|key)0000000/g

/** Gives the body of the request that starts with this span; spans are numbered from 0, and times go on from `startNs`. */
export function createSpanSource(startNs: bigint): (first: number) => Buffer {
  const templates = Array.from({ length: CYCLE }, (_, index) => createTemplate(index * SPANS_A_REQUEST))
  return (first) => {
    const template = templates[(first / SPANS_A_REQUEST) % CYCLE]!
    const body = Buffer.from(template.bytes)
    template.patches.forEach((patch, index) => {
      fill(body, patch, first + index, startNs)
    })
    return body
  }
}

/** Part of one trace: a root, batches below it, and nine spans below each batch; no five siblings are equal, which the pages would fold. */
export function encodeLargeTrace(
  traceId: Buffer,
  first: number,
  count: number,
  total: number,
  startNs: bigint,
): Buffer {
  const spans = Array.from({ length: count }, (_, index) => {
    const number = first + index
    const place = (number - 1) % 10
    const parent = number === 0 ? undefined : place === 0 ? 0 : number - place
    const start = startNs + BigInt(number) * 100_000n
    const end =
      number === 0 ? startNs + BigInt(total) * 100_000n : start + BigInt(place === 0 ? 950 : 1 + (number % 97)) * 1000n
    const described =
      number === 0
        ? describe(0, 1, false)
        : place === 0
          ? { name: `batch ${number}`, kind: 1, attributes: { 'batch.number': number } }
          : describe(1 + (number % (SPANS_A_TRACE - 1)), 1, false)
    return field(2, encodeSpan({ traceId, id: number, parent, start, end, failed: number % 1000 === 500, described }))
  })
  return request('large', spans)
}

interface Template {
  readonly bytes: Buffer
  readonly patches: readonly Patch[]
}

/** Where in the body the parts of one span are that differ from cycle to cycle. */
interface Patch {
  readonly ids: number
  readonly parent: number
  readonly times: number
  readonly texts: readonly number[]
}

const NO_TRACE = Buffer.alloc(16, 0xee)
const NO_TIME = 0x7777_7777_7777_7777n

function createTemplate(first: number): Template {
  const spans = Array.from({ length: SPANS_A_REQUEST }, (_, index) => {
    const number = first + index
    const within = number % SPANS_A_TRACE
    const trace = Math.floor(number / SPANS_A_TRACE)
    const failed = within === 0 && trace % 50 === 0
    const described = describe(within, trace % ROUTES, failed)
    const parent = within === 0 ? undefined : 0
    return field(2, encodeSpan({ traceId: NO_TRACE, id: 0, parent, start: NO_TIME, end: NO_TIME, failed, described }))
  })
  const bytes = request(`service-${first / SPANS_A_REQUEST}`, spans)
  let at = bytes.indexOf(spans[0]!)
  const patches = spans.map((span, index): Patch => {
    const ids = at + span.indexOf(NO_TRACE)
    const patch: Patch = {
      ids,
      parent: (first + index) % SPANS_A_TRACE === 0 ? -1 : ids + 16 + 2 + 8 + 2,
      times: at + span.indexOf(Buffer.alloc(8, 0x77)),
      texts: [...span.toString('latin1').matchAll(PLACEHOLDER)].map((match) => at + match.index + match[0].length),
    }
    at += span.length
    return patch
  })
  return { bytes, patches }
}

function fill(body: Buffer, patch: Patch, number: number, startNs: bigint): void {
  const trace = Math.floor(number / SPANS_A_TRACE)
  const within = number % SPANS_A_TRACE
  const start = startNs + BigInt(trace) * 60_000_000n + BigInt(within) * 1_000_000n
  const duration = within === 0 ? BigInt(20 + (trace % 130)) * 1_000_000n : BigInt(1 + (number % 9)) * 300_000n
  body.fill(0, patch.ids, patch.ids + 16)
  // ids of real programs come in no order
  body.writeUInt32BE(Math.imul(trace + 1, 0x9e37_79b1) >>> 0, patch.ids)
  body.writeUInt32BE(trace + 1, patch.ids + 12)
  writeSpanId(body, number, patch.ids + 18)
  if (patch.parent !== -1) writeSpanId(body, number - within, patch.parent)
  body.writeBigUInt64LE(start, patch.times)
  body.writeBigUInt64LE(start + duration, patch.times + 9)
  for (const end of patch.texts) writeDigits(body, trace % 5000, end)
}

function writeSpanId(body: Buffer, number: number, at: number): void {
  body.writeUInt32BE(Math.imul(number + 1, 0x85eb_ca6b) >>> 0, at)
  body.writeUInt32BE(number + 1, at + 4)
}

function writeDigits(body: Buffer, number: number, end: number): void {
  let rest = number
  for (let at = end - 1; at >= end - 7; at--) {
    body[at] = 48 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
}

interface SpanParts {
  readonly traceId: Buffer
  readonly id: number
  readonly parent: number | undefined
  readonly start: bigint
  readonly end: bigint
  readonly failed: boolean
  readonly described: Described
}

function encodeSpan({ traceId, id, parent, start, end, failed, described }: SpanParts): Buffer {
  return Buffer.concat([
    field(1, traceId),
    field(2, spanId(id)),
    ...(parent === undefined ? [] : [field(4, spanId(parent))]),
    field(5, Buffer.from(described.name)),
    Buffer.from([6 << 3, described.kind]),
    fixed(7, start),
    fixed(8, end),
    ...Object.entries(described.attributes).map(([key, value]) => attribute(key, value, 9)),
    field(15, failed ? Buffer.from([3 << 3, 2]) : Buffer.alloc(0)),
    // flags (field 16, fixed32): sampled, parent known not to be remote
    Buffer.from([0x85, 0x01, 1, 1, 0, 0]),
  ])
}

interface Described {
  readonly name: string
  readonly kind: number
  readonly attributes: Readonly<Record<string, string | number>>
}

/** An Express request with its middleware and handler, statements of pg, commands of redis, and calls to another service. */
function describe(within: number, route: number, failed: boolean): Described {
  const target = `/api/items-${route}/:id`
  if (within === 0)
    return {
      name: `GET ${target}`,
      kind: 2,
      attributes: {
        'http.request.method': 'GET',
        'url.path': `/api/items-${route}/@trace0000000`,
        'url.scheme': 'http',
        'http.route': target,
        'http.response.status_code': failed ? 500 : 200,
        'server.address': 'localhost',
        'server.port': 3000,
        'client.address': '127.0.0.1',
        'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
        'network.protocol.version': '1.1',
        'user.id': 'user-@user0000000',
      },
    }
  if (within < 4)
    return {
      name: within === 3 ? `request handler - ${target}` : `middleware - ${within === 1 ? 'jsonParser' : 'session'}`,
      kind: 1,
      attributes: {
        'express.name': within === 3 ? target : 'jsonParser',
        'express.type': 'middleware',
        'http.route': target,
      },
    }
  if (within % 3 === 0)
    return {
      name: within % 2 === 0 ? 'redis-GET' : 'redis-SET',
      kind: 3,
      attributes: {
        'db.system.name': 'redis',
        'db.query.text': `${within % 2 === 0 ? 'GET' : 'SET'} session:@key0000000`,
        'server.address': 'localhost',
        'server.port': 6379,
      },
    }
  if (within % 7 === 0)
    return {
      name: 'GET',
      kind: 3,
      attributes: {
        'http.request.method': 'GET',
        'url.full': 'http://prices.internal:8080/v1/prices/@trace0000000?currency=EUR',
        'http.response.status_code': 200,
        'server.address': 'prices.internal',
        'server.port': 8080,
        'network.peer.address': '10.0.0.7',
      },
    }
  return {
    name: 'pg.query:SELECT shop',
    kind: 3,
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'db.query.text': `SELECT id, name, price, stock FROM items_${within} WHERE tenant_id = $1 AND id = $2 LIMIT 50`,
      'server.address': 'db.internal',
      'server.port': 5432,
    },
  }
}

function request(service: string, spans: readonly Buffer[]): Buffer {
  const resource = Buffer.concat([
    attribute('service.name', service, 1),
    attribute('service.instance.id', `${service}-1`, 1),
    attribute('host.name', 'bench', 1),
  ])
  const scoped = Buffer.concat([field(1, field(1, Buffer.from('bench'))), ...spans])
  return field(1, Buffer.concat([field(1, resource), field(2, scoped)]))
}

function attribute(key: string, value: string | number, number: number): Buffer {
  const any =
    typeof value === 'string' ? field(1, Buffer.from(value)) : Buffer.concat([Buffer.from([3 << 3]), varint(value)])
  return field(number, Buffer.concat([field(1, Buffer.from(key)), field(2, any)]))
}

function spanId(number: number): Buffer {
  const id = Buffer.alloc(8)
  writeSpanId(id, number, 0)
  return id
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

function fixed(number: number, value: bigint): Buffer {
  const buffer = Buffer.alloc(9)
  buffer[0] = (number << 3) | 1
  buffer.writeBigUInt64LE(value, 1)
  return buffer
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}
