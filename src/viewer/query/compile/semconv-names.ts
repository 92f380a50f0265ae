/** Old and new names of the semantic conventions, so that a query finds what any version of a library sends. */

const RENAMED: readonly (readonly [current: string, ...older: string[]])[] = [
  ['http.request.method', 'http.method'],
  ['http.response.status_code', 'http.status_code'],
  ['url.full', 'http.url'],
  ['url.path', 'http.target'],
  ['url.scheme', 'http.scheme'],
  ['server.address', 'net.peer.name', 'net.host.name', 'http.host'],
  ['server.port', 'net.peer.port', 'net.host.port'],
  ['client.address', 'http.client_ip', 'net.sock.peer.addr'],
  ['network.peer.address', 'net.sock.peer.addr'],
  ['network.peer.port', 'net.sock.peer.port'],
  ['network.protocol.version', 'http.flavor'],
  ['user_agent.original', 'http.user_agent'],
  ['http.request.body.size', 'http.request_content_length'],
  ['http.response.body.size', 'http.response_content_length'],
  ['db.query.text', 'db.statement'],
  ['db.system.name', 'db.system'],
  ['db.namespace', 'db.name', 'db.redis.database_index'],
  ['db.operation.name', 'db.operation'],
  ['db.collection.name', 'db.sql.table', 'db.mongodb.collection', 'db.cassandra.table'],
  ['messaging.destination.name', 'messaging.destination', 'messaging.url'],
  ['messaging.operation.type', 'messaging.operation'],
  ['messaging.message.id', 'messaging.message_id'],
  ['rpc.response.status_code', 'rpc.grpc.status_code'],
  ['code.function.name', 'code.function'],
  ['code.file.path', 'code.filepath'],
  ['code.line.number', 'code.lineno'],
  ['deployment.environment.name', 'deployment.environment'],
  ['gen_ai.provider.name', 'gen_ai.system'],
  ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
  ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
  ['faas.invocation_id', 'faas.execution'],
  ['user.id', 'enduser.id'],
]

const SAME = new Map<string, readonly string[]>()
for (const names of RENAMED)
  for (const name of names)
    SAME.set(name, [name, ...new Set([...(SAME.get(name) ?? []), ...names].filter((other) => other !== name))])

/** The name itself first, then what means the same. */
export const namesOf = (name: string): readonly string[] => SAME.get(name) ?? [name]

export const isConventional = (name: string): boolean => SAME.has(name)
export const conventionalNames = (): readonly string[] => RENAMED.flat()
