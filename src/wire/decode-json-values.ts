/** Decodes attributes and other values of OTLP/JSON. */
import { finite, MAX_VALUE_DEPTH, setValue } from './decode-common.ts'
import { integer, list, number, object, text } from './decode-json-fields.ts'
import type { Value, ValueMap } from './decode-types.ts'
import { WireError } from './wire-error.ts'

export function toAttributes(value: unknown, depth = 0): ValueMap {
  const attributes: ValueMap = {}
  for (const pair of list(value, 'attributes')) setValue(attributes, text(pair['key']), toValue(pair['value'], depth))
  return attributes
}

export function toValue(value: unknown, depth = 0): Value {
  if (depth > MAX_VALUE_DEPTH) throw new WireError('a value is nested too deeply')
  if (value == null) return null
  const json = object(value, 'value')
  if (json['stringValue'] !== undefined) return text(json['stringValue'])
  if (json['boolValue'] !== undefined) return json['boolValue'] === true
  if (json['intValue'] !== undefined) return integer(json['intValue'])
  if (json['doubleValue'] !== undefined) return finite(number(json['doubleValue']))
  if (json['bytesValue'] !== undefined) return { $bytes: text(json['bytesValue']) }
  if (json['arrayValue'] != null)
    return list(object(json['arrayValue'], 'arrayValue')['values'], 'values').map((inner) => toValue(inner, depth + 1))
  if (json['kvlistValue'] != null) return toAttributes(object(json['kvlistValue'], 'kvlistValue')['values'], depth + 1)
  return null
}
