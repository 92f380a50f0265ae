/** Cuts an encoded OTLP export request in two, for a receiver that finds it too large. */
import { ProtobufWriter } from './protobuf-writer.ts'

/** A request of `bytes` which holds `count` items (spans, log records or data points). */
export interface Part {
  readonly bytes: Buffer
  readonly count: number
}

interface Field {
  readonly number: number
  readonly start: number
  readonly bodyStart: number
  readonly end: number
}

/** Two requests that together hold the items of one, or undefined when it holds a single item or is not readable. */
export function splitRequest(request: Buffer, signal: 'traces' | 'metrics' | 'logs'): [Part, Part] | undefined {
  try {
    const total = countEntries(request)
    if (total < 2) return undefined
    const half = Math.ceil(total / 2)
    return [takeEntries(request, 0, half, signal), takeEntries(request, half, total, signal)]
  } catch {
    return undefined
  }
}

/** How many items an encoded request holds: spans, log records or metric data points. */
export function countItems(request: Buffer, signal: 'traces' | 'metrics' | 'logs'): number {
  return takeEntries(request, 0, Number.POSITIVE_INFINITY, signal).count
}

function countEntries(request: Buffer): number {
  let total = 0
  for (const resource of fields(request, 0, request.length)) {
    for (const scope of fields(request, resource.bodyStart, resource.end)) {
      if (scope.number !== 2) continue
      for (const item of fields(request, scope.bodyStart, scope.end)) if (item.number === 2) total++
    }
  }
  return total
}

/** The request with the entries of [from, to) only; a scope or resource left without one is left out. */
function takeEntries(request: Buffer, from: number, to: number, signal: string): Part {
  const writer = new ProtobufWriter(request.length + 64)
  let index = 0
  let count = 0
  for (const resource of fields(request, 0, request.length)) {
    const resourceStart = writer.pos
    writer.tag(0x0a)
    const resourceMark = writer.beginMessage(3)
    let kept = 0
    for (const scope of fields(request, resource.bodyStart, resource.end)) {
      if (scope.number !== 2) {
        writer.raw(request.subarray(scope.start, scope.end))
        continue
      }
      const scopeStart = writer.pos
      writer.tag(0x12)
      const scopeMark = writer.beginMessage(3)
      let inScope = 0
      for (const item of fields(request, scope.bodyStart, scope.end)) {
        if (item.number === 2) {
          const at = index++
          if (at < from || at >= to) continue
          inScope++
          count += signal === 'metrics' ? countPoints(request, item) : 1
        }
        writer.raw(request.subarray(item.start, item.end))
      }
      if (inScope > 0) writer.endMessage(scopeMark, 3)
      else writer.pos = scopeStart
      kept += inScope
    }
    if (kept > 0) writer.endMessage(resourceMark, 3)
    else writer.pos = resourceStart
  }
  return { bytes: Buffer.from(writer.written()), count }
}

/** Data points are field 1 of the gauge (5), sum (7), histogram (9), exponential histogram (10) or summary (11) of a Metric. */
function countPoints(request: Buffer, metric: Field): number {
  let points = 0
  for (const data of fields(request, metric.bodyStart, metric.end)) {
    if (![5, 7, 9, 10, 11].includes(data.number)) continue
    for (const point of fields(request, data.bodyStart, data.end)) if (point.number === 1) points++
  }
  return points
}

function* fields(bytes: Buffer, from: number, to: number): Generator<Field> {
  let pos = from
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      if (pos >= to) throw new RangeError('truncated')
      const byte = bytes[pos++]!
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  while (pos < to) {
    const start = pos
    const tag = varint()
    let bodyStart = pos
    const type = tag % 8
    if (type === 0) varint()
    else if (type === 1) pos += 8
    else if (type === 5) pos += 4
    else if (type === 2) {
      const length = varint()
      bodyStart = pos
      pos += length
    } else throw new RangeError(`wire type ${type}`)
    if (pos > to) throw new RangeError('truncated')
    yield { number: Math.floor(tag / 8), start, bodyStart, end: pos }
  }
}
