/** What `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_ENTITIES` say about this process; each part that cannot be read is told. */
import type { Attributes } from '@opentelemetry/api'
import { parseAttributes, parsePairs } from '../../config/pairs.ts'
import { log } from '../../log.ts'

/** `type{id=…}[description=…]@schema` */
const ENTITY = /^\s*([A-Za-z][\w.-]*)\s*\{([^{}]*)\}\s*(?:\[([^[\]]*)\])?\s*(?:@\s*(\S+)\s*)?$/

export function readDeclared(env: Readonly<Record<string, string | undefined>>): Attributes {
  const entities = env.OTEL_ENTITIES?.trim()
  const attributes = env.OTEL_RESOURCE_ATTRIBUTES?.trim()
  const serviceName = env.OTEL_SERVICE_NAME?.trim()
  return {
    ...(entities && parseEntities(entities, (problem) => log.warn(`OTEL_ENTITIES ${problem}`))),
    ...(attributes && parseAttributes(attributes, (problem) => log.warn(`OTEL_RESOURCE_ATTRIBUTES ${problem}`))),
    ...(serviceName && { 'service.name': serviceName }),
  }
}

/** The attributes of all entities; of two with the same identity the later counts. */
function parseEntities(text: string, report: (problem: string) => void): Attributes {
  const attributes: Attributes = {}
  for (const [index, part] of text.split(';').entries()) {
    if (part.trim() === '') continue
    const [, type, identity, description = ''] = ENTITY.exec(part) ?? []
    const identifying = identity === undefined ? {} : parsePairs(identity, (problem) => report(`(${type}) ${problem}`))
    if (Object.keys(identifying).length === 0) {
      report(`holds, at place ${index + 1}, no type{key=value}; that entity is ignored`)
      continue
    }
    Object.assign(
      attributes,
      identifying,
      parsePairs(description, (problem) => report(`(${type}) ${problem}`)),
    )
  }
  return attributes
}
