/** `db.client.connection.*` of pools: read from them when metrics are collected, so that a query pays nothing for it. */
import type { Attributes, BatchObservableResult, Meter } from '@opentelemetry/api'
import type { Pool } from './tracing.ts'

const pools = new Set<WeakRef<Pool>>()
const known = new WeakSet<Pool>()

export function seePool(pool: Pool): void {
  if (known.has(pool)) return
  known.add(pool)
  pools.add(new WeakRef(pool))
}

/** For each meter once. */
export function observePools(meter: Meter): void {
  const count = meter.createObservableUpDownCounter('db.client.connection.count', {
    description: 'The number of connections that are currently in state described by the state attribute.',
    unit: '{connection}',
  })
  const pending = meter.createObservableUpDownCounter('db.client.connection.pending_requests', {
    description: 'The number of current pending requests for an open connection.',
    unit: '{connection}',
  })
  const max = meter.createObservableUpDownCounter('db.client.connection.max', {
    description: 'The maximum number of open connections allowed.',
    unit: '{connection}',
  })
  const observe = (result: BatchObservableResult): void => {
    for (const [name, sum] of sums()) {
      const attributes: Attributes = { 'db.client.connection.pool.name': name }
      result.observe(count, sum.used, { ...attributes, 'db.client.connection.state': 'used' })
      result.observe(count, sum.idle, { ...attributes, 'db.client.connection.state': 'idle' })
      result.observe(pending, sum.pending, attributes)
      result.observe(max, sum.max, attributes)
    }
  }
  meter.addBatchObservableCallback(observe, [count, pending, max])
}

interface Sum {
  used: number
  idle: number
  pending: number
  max: number
}

function sums(): Map<string, Sum> {
  const byName = new Map<string, Sum>()
  for (const reference of pools) {
    const pool = reference.deref()
    if (pool === undefined || (pool.ending && pool.totalCount === 0)) {
      pools.delete(reference)
      continue
    }
    const name = nameOf(pool.options)
    const sum = byName.get(name) ?? { used: 0, idle: 0, pending: 0, max: 0 }
    byName.set(name, sum)
    sum.used += pool.totalCount - pool.idleCount
    sum.idle += pool.idleCount
    sum.pending += pool.waitingCount
    if (!pool.ending) sum.max += Number(pool.options['max']) || 0
  }
  return byName
}

function nameOf({ host, port, database }: Pool['options']): string {
  return `${host || 'unknown_host'}:${port || 'unknown_port'}/${database || 'unknown_database'}`
}
