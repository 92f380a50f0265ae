/** Finds span names that carry data: ids, numbers, or whatever makes each name another. */

import { termOf } from '../query/facets.ts'
import { normalizeName } from '../query/normalize-sql.ts'
import type { Rollups } from '../query/rollups.ts'
import type { Interner } from '../store/intern.ts'
import type { Finding } from './finding.ts'

/** So many names that differ in digits or ids only. */
const LEAST_ALIKE = 20
/** So many names of one service, whatever they look like. */
const LEAST_NAMES = 500

export function findHighCardinality(operations: Rollups, texts: Interner): Finding[] {
  const services = new Map<number, Map<string, Set<number>>>()
  for (const { svc, name } of operations.operations()) {
    if (name === 0) continue
    const shapes = services.get(svc) ?? new Map<string, Set<number>>()
    services.set(svc, shapes)
    const shape = normalizeName(texts.textOf(name))
    const names = shapes.get(shape) ?? new Set<number>()
    shapes.set(shape, names)
    names.add(name)
  }
  return [...services].flatMap(([svc, shapes]) => {
    const service = texts.textOf(svc)
    const alike = [...shapes].filter(([, names]) => names.size >= LEAST_ALIKE)
    const found = alike.map(([shape, names]) => describe(service, shape, names.size, texts.textOf([...names][0]!)))
    const total = [...shapes.values()].reduce((sum, names) => sum + names.size, 0)
    return found.length === 0 && total >= LEAST_NAMES ? [describe(service, '*', total, '')] : found
  })
}

function describe(service: string, shape: string, count: number, example: string): Finding {
  const isAny = shape === '*'
  return {
    key: `high-cardinality|${service}|${shape}`,
    kind: 'high-cardinality',
    severity: 'warning',
    title: isAny ? `${service} uses ${count} span names` : `${count} span names look like ${shape}`,
    detail: `${isAny ? '' : `Such as ${example}. `}Each name is an operation of its own, so that rates and percentiles tell nothing.`,
    advice: 'Name spans after what is done (`GET /users/:id`) and put the data into attributes.',
    service,
    operation: isAny ? null : shape,
    count,
    weight: count,
    savingNs: null,
    spanIds: [],
    query: isAny ? termOf('service', service) : `${termOf('service', service)} name:${JSON.stringify(shape)}`,
    badge: null,
  }
}
