/** Attributes of a span that records, within its limits: a list of keys and values in turn, as long as nobody asks for an object. */
import type { Attributes } from '@opentelemetry/api'
import type { SpanLimits } from '@opentelemetry/sdk-trace'
import { keepValue, keysOf, readProperty, setOwn } from '../attribute-values.ts'
import type { SpanData } from './span-data.ts'

/** All of them set. */
export type Limits = Readonly<Required<SpanLimits>>

/** More attributes are kept in an object: a list is searched from its start. */
const MAX_FLAT = 2 * 64
const hasOwn = Object.prototype.hasOwnProperty

/** Sets what is given, whatever it is; what cannot be an attribute, and what is above the limit, is counted. */
export function setAttribute(span: SpanData, key: unknown, value: unknown, limits: Limits): void {
  const kept = isKeptAsIs(value, limits.attributeValueLengthLimit)
    ? value
    : keepValue(value, limits.attributeValueLengthLimit)
  if (kept === undefined) {
    if (value !== undefined) span.droppedAttributesCount++
  } else if (typeof key !== 'string' || key === '' || !put(span, key, kept, limits.attributeCountLimit))
    span.droppedAttributesCount++
}

/** Sets the attributes of a span that has none. */
export function setStartAttributes(span: SpanData, attributes: object, limits: Limits): void {
  try {
    addAll(span, attributes as Attributes, limits)
  } catch {
    // one of them cannot be read: the others are set again
    span._flat = []
    span._attributesCount = 0
    span.droppedAttributesCount = 0
    for (const key of keysOf(attributes)) setAttribute(span, key, readProperty(attributes, key), limits)
  }
}

/** Keys of one object differ from each other, so none is searched for. */
function addAll(span: SpanData, attributes: Attributes, limits: Limits): void {
  const room = Math.min(MAX_FLAT, limits.attributeCountLimit * 2)
  for (const key in attributes) {
    if (!hasOwn.call(attributes, key)) continue
    const value = attributes[key]
    const flat = span._flat
    if (flat !== undefined && flat.length < room && key !== '' && isKeptAsIs(value, limits.attributeValueLengthLimit)) {
      flat.push(key, value)
      span._attributesCount++
    } else setAttribute(span, key, value, limits)
  }
}

/** Nearly all values are such. */
function isKeptAsIs(value: unknown, lengthLimit: number): boolean {
  const type = typeof value
  return type === 'string' ? (value as string).length <= lengthLimit : type === 'number' || type === 'boolean'
}

/** @returns whether there was room for it */
function put(span: SpanData, key: string, value: unknown, countLimit: number): boolean {
  const flat = span._flat
  if (flat === undefined) return putIntoObject(span, key, value, countLimit)
  for (let index = 0; index < flat.length; index += 2)
    if (flat[index] === key) {
      flat[index + 1] = value
      return true
    }
  if (span._attributesCount >= countLimit) return false
  flat.push(key, value)
  span._attributesCount++
  if (flat.length > MAX_FLAT) span._unfold()
  return true
}

function putIntoObject(span: SpanData, key: string, value: unknown, countLimit: number): boolean {
  const attributes = span._attributes as Record<string, unknown>
  const isNew = !Object.hasOwn(attributes, key)
  if (isNew && span._attributesCount >= countLimit) return false
  try {
    setOwn(attributes, key, value)
  } catch {
    // a processor has put an object there which cannot be changed
    return false
  }
  if (isNew) span._attributesCount++
  return true
}
