/** Where the marks of an axis stand: round values, round times. Pure. */

const SECOND = 1e6
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const TIME_STEPS: readonly number[] = [
  ...[0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((days) => days * DAY),
]

/** At most about `most` round values within the range, ascending; bytes are round in powers of 1024. */
export function valueTicks(min: number, max: number, most: number, unit = ''): number[] {
  const rough = (max - min) / Math.max(1, most)
  if (!(rough > 0) || !Number.isFinite(rough)) return [min]
  const base = unit === 'By' && rough >= 1 ? 1024 ** Math.floor(Math.log(rough) / Math.log(1024)) : 1
  const power = 10 ** Math.floor(Math.log10(rough / base))
  const step = base * power * ([1, 2, 5, 10].find((factor) => factor * power * base >= rough) ?? 10)
  const ticks: number[] = []
  for (let index = Math.ceil(min / step - 1e-9); index * step <= max * (1 + 1e-9); index++) ticks.push(index * step)
  return ticks
}

export interface TimeTicks {
  readonly stepUs: number
  readonly ticks: readonly number[]
}

/** Round times of the day in the reader's zone. */
export function timeTicks(fromUs: number, toUs: number, most: number): TimeTicks {
  const rough = (toUs - fromUs) / Math.max(1, most)
  const stepUs = TIME_STEPS.find((step) => step >= rough) ?? TIME_STEPS.at(-1)!
  const offset = new Date(fromUs / 1000).getTimezoneOffset() * MINUTE
  const ticks: number[] = []
  for (let at = Math.ceil((fromUs - offset) / stepUs) * stepUs + offset; at <= toUs; at += stepUs) ticks.push(at)
  return { stepUs, ticks }
}

/** `14:03`, with seconds, or the date, as the step between marks asks for. */
export function clock(us: number, stepUs = SECOND): string {
  const date = new Date(us / 1000)
  if (stepUs >= DAY) return `${date.getMonth() + 1}/${date.getDate()}`
  const text = date.toTimeString().slice(0, stepUs < MINUTE ? 8 : 5)
  return stepUs < SECOND ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text
}
