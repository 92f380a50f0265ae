/** Takes samples of a program, and has the traces looked at again that waited for what it ran. */
import type { ValueMap } from '../../wire/decode-types.ts'
import type { ProfileReport } from '../api.ts'
import { runOf } from '../store/context.ts'
import type { Store } from '../store/store.ts'
import { HttpError } from './body.ts'

const MAX_FRAMES = 50_000
const MAX_SAMPLES = 200_000
const MAX_BLOCKS = 1000
const MAX_SPANS = 20_000
const MAX_WAITING = 1000

/** @throws {HttpError} 400 when the text is no report */
export function receiveProfile(store: Store, text: string): void {
  const report = parse(text)
  store.addProfile(runOf(report.resource as ValueMap), report)
}

function parse(text: string): ProfileReport {
  let report: ProfileReport | null = null
  try {
    report = JSON.parse(text) as ProfileReport | null
  } catch {
    // told below
  }
  const wrong = problemOf(report)
  if (wrong !== undefined) throw new HttpError(400, 'bad_request', `Not a profile report: ${wrong}.`)
  return report as ProfileReport
}

function problemOf(report: ProfileReport | null): string | undefined {
  if (typeof report !== 'object' || report === null) return 'it is no JSON object'
  const { resource, startUs, endUs, intervalUs, frames, stacks, spans, samples, blocks, lost = 0 } = report
  if (typeof resource !== 'object' || resource === null) return 'resource is missing'
  if (![startUs, endUs, intervalUs, lost].every(isCount) || endUs < startUs) return 'a time is wrong'
  const known = isList(frames, MAX_FRAMES, isFrame) && isList(spans, MAX_SPANS, isSpan)
  if (!known) return 'frames or spans are wrong'
  const isStack = (stack: (typeof stacks)[number], index: number): boolean => {
    if (!Array.isArray(stack)) return false
    const [parent, frame, line] = stack
    return isIndex(parent, index, -1) && isIndex(frame, frames.length) && isCount(line)
  }
  if (!isList(stacks, MAX_FRAMES, isStack)) return 'stacks are wrong'
  const isSample = (sample: (typeof samples)[number]): boolean => {
    if (!Array.isArray(sample)) return false
    const [afterUs, us, stack, span] = sample
    return isTime(afterUs) && isTime(us) && isIndex(stack, stacks.length, -1) && isIndex(span, spans.length, -1)
  }
  if (!isList(samples, MAX_SAMPLES, isSample)) return 'samples are wrong'
  const isBlock = ({ startUs: from, endUs: to, callee, file, line, span, waiting }: (typeof blocks)[number]): boolean =>
    [from, to, line].every(isCount) &&
    to >= from &&
    [callee, file].every(isText) &&
    isIndex(span, spans.length, -1) &&
    Array.isArray(waiting) &&
    waiting.length <= MAX_WAITING &&
    waiting.every((index) => isIndex(index, spans.length))
  return isList(blocks, MAX_BLOCKS, isBlock) ? undefined : 'blocks are wrong'
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isTime = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < Number.MAX_SAFE_INTEGER
const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= 4096
const isIndex = (value: unknown, length: number, least = 0): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) < length

function isFrame({ name, file, line, column }: ProfileReport['frames'][number]): boolean {
  return isText(name) && isText(file) && isCount(line) && isCount(column)
}

function isSpan({ traceId, spanId, name }: ProfileReport['spans'][number]): boolean {
  const areTexts = [traceId, spanId, name].every(isText)
  return areTexts && /^[0-9a-f]{32}$/.test(traceId) && /^[0-9a-f]{16}$/.test(spanId)
}

function isList<Item>(list: readonly Item[], most: number, isValid: (item: Item, index: number) => boolean): boolean {
  return (
    Array.isArray(list) &&
    list.length <= most &&
    list.every((item, index) => Object(item) === item && isValid(item, index))
  )
}
