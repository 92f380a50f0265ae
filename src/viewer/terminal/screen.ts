/** What is known of the terminal that is printed to: its width, and whether it may be coloured. */
import { styleText } from 'node:util'

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta' | 'dim' | 'bold'

export interface Screen {
  readonly columns: number
  /** Colours a clean text, or leaves it as it is. */
  paint(colour: Colour, text: string): string
}

/** The part of a stream that tells of the terminal behind it. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  hasColors?(): boolean
}

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_COLUMNS = 100
const LEAST_COLUMNS = 40
/** Of a pipe or a file: lines are not cut. */
const UNBOUNDED = 10_000

/** Colours only on a terminal that has them, never with `NO_COLOR` (https://no-color.org). */
export function screenOf(output: Output, env: Environment = process.env): Screen {
  const isColoured = output.isTTY === true && !env['NO_COLOR'] && output.hasColors?.() === true
  return {
    get columns() {
      return output.isTTY ? Math.max(output.columns || DEFAULT_COLUMNS, LEAST_COLUMNS) : UNBOUNDED
    },
    paint: (colour, text) => (isColoured && text !== '' ? styleText(colour, text, { validateStream: false }) : text),
  }
}
