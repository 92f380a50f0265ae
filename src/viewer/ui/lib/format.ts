/** Numbers, durations and instants as text for people: the same in pages and terminal. */
export {
  ago,
  bytes,
  count,
  digits,
  duration,
  handlerOf,
  inUnit,
  nothingFound,
  percent,
  plural,
  time,
  timeText,
} from '../../format.ts'
