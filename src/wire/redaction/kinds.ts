/** What is done with an attribute, by its key: most are known to hold no secret, and cost one look into a map. */
import { type Names, Secrecy } from './names.ts'

export const Kind = {
  /** Holds no secret, or none that could be told. */
  PLAIN: 0,
  TEXT: 1,
  URL: 2,
  STATEMENT: 3,
  /** What an error says. */
  MESSAGE: 4,
  IF_OPAQUE: 5,
  SECRET_TEXT: 6,
  SECRET: 7,
} as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** Keys of the conventions whose values are names, numbers and words. Those with user data are not among them. */
const PLAIN_KEYS = `http.request.method http.request.method_original http.response.status_code http.route http.flavor http.method http.scheme http.status_code
  url.scheme server.address server.port client.address client.port network.peer.address network.peer.port network.protocol.name network.protocol.version
  network.transport network.type net.peer.name net.peer.ip net.peer.port net.host.name net.host.port net.transport user_agent.original http.user_agent
  express.name express.type koa.name koa.type fastify.type hapi.type db.system db.system.name db.name db.namespace db.user db.operation db.operation.name
  db.collection.name db.sql.table db.response.status_code messaging.system messaging.operation.type messaging.operation.name rpc.system rpc.service rpc.method
  rpc.grpc.status_code exception.type error.type code.function code.function.name code.filepath code.file.path code.lineno code.line.number thread.id
  thread.name session.id session.previous_id service.name service.version service.namespace service.instance.id log.iostreams process.pid process.runtime.name
  process.runtime.version process.runtime.description host.name os.type os.version telemetry.sdk.name telemetry.sdk.version telemetry.sdk.language`
const URL_KEYS = `url.full url.query url.path url.original url.fragment http.url http.target http.path url uri originalurl href referer referrer location
  http.request.header.referer http.response.header.location aws.request.url faas.trigger.url`
const STATEMENT_KEYS = 'db.query.text db.statement sql'
const MESSAGE_KEYS = `exception.message exception.stacktrace status.message error.message error.stack error.msg err.message err.stack sqlmessage detail
  db.response.message message msg body stack`
const HEADER =
  /^(?:http\.(?:request|response)\.header|rpc\.\w{1,20}\.(?:request|response)\.metadata|messaging\.header)\./

const listed = (keys: string, kind: Kind): Array<[string, Kind]> => keys.split(/\s+/).map((key) => [key, kind])
const KNOWN: ReadonlyMap<string, Kind> = new Map([
  ...listed(PLAIN_KEYS, Kind.PLAIN),
  ...listed(URL_KEYS, Kind.URL),
  ...listed(STATEMENT_KEYS, Kind.STATEMENT),
  ...listed(MESSAGE_KEYS, Kind.MESSAGE),
])
const MAX_REMEMBERED = 5000

/** @param hasOwn whether the user names keys or values, which may be among those known as plain */
export function createKinds(names: Names, hasOwn: boolean): (key: string) => Kind {
  let kinds = start()
  return (key) => {
    const known = kinds.get(key)
    if (known !== undefined) return known
    if (kinds.size >= KNOWN.size + MAX_REMEMBERED) kinds = start()
    const kind = judge(key, names)
    kinds.set(key, kind)
    return kind
  }

  function start(): Map<string, Kind> {
    if (!hasOwn) return new Map(KNOWN)
    return new Map(Array.from(KNOWN, ([key, kind]) => [key, names.ofField(key) === Secrecy.ALL ? Kind.SECRET : kind]))
  }
}

function judge(key: string, names: Names): Kind {
  const secrecy = names.ofField(key)
  if (secrecy === Secrecy.ALL) return Kind.SECRET
  if (secrecy === Secrecy.TEXT) return Kind.SECRET_TEXT
  if (secrecy === Secrecy.IF_OPAQUE) return HEADER.test(key) ? Kind.SECRET_TEXT : Kind.IF_OPAQUE
  const lower = key.length < 64 ? key.toLowerCase() : key
  return (
    KNOWN.get(lower) ?? (/(?:^|[._-])(?:url|uri|href|referer|referrer|location)$/.test(lower) ? Kind.URL : Kind.TEXT)
  )
}
