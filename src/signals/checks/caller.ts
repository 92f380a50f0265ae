/** Where in the application a span was started. */
import { distFolder } from '../../lazy.ts'

const MAX_FRAMES = 30
/** Of Node, of OpenTelemetry, and of this package, as installed and in its repository. */
const FOREIGN =
  /\(?node:|[\\/]node_modules[\\/](?:@opentelemetry|uptrace-node)[\\/]|[\\/]uptrace-node[\\/](?:src|dist)[\\/]/
/** The innermost line of the stack that is the application's, such as `work (/app/work.js:3:5)`; undefined where there is none. */
export function callerOf(stack: string | undefined): string | undefined {
  const own = distFolder()
  // an application may have its own way to write stacks, which gives no text
  const lines = typeof stack === 'string' ? stack.split('\n').filter((line) => /^\s+at /.test(line)) : []
  return lines
    .find((line) => !FOREIGN.test(line) && !line.includes(own))
    ?.trim()
    .slice('at '.length)
}

/** The stack of now, as text that is made when it is asked for. */
export function takeStack(frames = MAX_FRAMES): { readonly stack?: string } {
  const usual = Error.stackTraceLimit
  const holder: { stack?: string } = {}
  try {
    Error.stackTraceLimit = frames
    Error.captureStackTrace(holder, takeStack)
  } catch {
    // an application that has frozen Error
  } finally {
    try {
      Error.stackTraceLimit = usual
    } catch {
      // as above
    }
  }
  return holder
}
