/** What the decoders of other tools' formats share: ids of any length, a span to fill, spans grouped by the service that made them. */
import { finite } from './decode-common.ts'
import type { Json } from './decode-json-fields.ts'
import type { DecodedSpan, Group, Value, ValueMap } from './decode-types.ts'
import { WireError } from './wire-error.ts'

export const KINDS: Readonly<Record<string, number>> = {
  unspecified: 0,
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const objectsOf = (value: unknown): readonly Json[] => listOf(value).filter(isObject)
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Lower-case hex of that length; shorter ids get zeros in front. '' for anything else. */
export function idOf(value: unknown, length: 16 | 32): string {
  const id = textOf(value).toLowerCase()
  if (!/^[0-9a-f]{1,32}$/.test(id) || /^0+$/.test(id)) return ''
  return id.length > length ? id.slice(-length) : id.padStart(length, '0')
}

/** @throws {WireError} when it is no number of microseconds */
export function microsOf(value: unknown): number {
  const us = typeof value === 'string' ? Number(value) : (value ?? 0)
  if (typeof us !== 'number' || !(us >= 0 && us <= Number.MAX_SAFE_INTEGER))
    throw new WireError(`${String(value).slice(0, 50)} is not a time in microseconds`)
  return Math.floor(us)
}

export function attributeOf(value: unknown): Value {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return finite(value)
  return JSON.stringify(value) ?? ''
}

/** Gathers spans by their resource and scope. */
export function createGrouping(): {
  add(resource: ValueMap, scope: readonly [name: string, version: string], span: DecodedSpan): void
  groups(): Group<DecodedSpan>[]
} {
  const groups = new Map<string, Group<DecodedSpan>>()
  return {
    add(resource, [name, version], span) {
      const key = JSON.stringify([resource, name, version])
      let group = groups.get(key)
      if (!group) {
        group = {
          resource: { attributes: resource, schemaUrl: '' },
          scope: { name, version, attributes: {} },
          items: [],
        }
        groups.set(key, group)
      }
      ;(group.items as DecodedSpan[]).push(span)
    },
    groups: () => [...groups.values()],
  }
}

/** Takes the words of OpenTelemetry's own mapping to such formats back out of the attributes. */
export function takeStatus(span: DecodedSpan, attributes: Record<string, Value>): void {
  const code = attributes['otel.status_code']
  const error = attributes['error']
  if (code === 'OK') span.statusCode = 1
  if (
    code === 'ERROR' ||
    error === true ||
    error === 'true' ||
    (typeof error === 'string' && error !== '' && error !== 'false')
  ) {
    span.statusCode = 2
    const message = attributes['otel.status_description'] ?? attributes['error.message'] ?? error
    span.statusMessage = typeof message === 'string' && message !== 'true' ? message : ''
  }
  for (const key of ['otel.status_code', 'otel.status_description', ...(span.statusCode === 2 ? ['error'] : [])])
    delete attributes[key]
}
