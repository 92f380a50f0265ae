/** What a span says about the command it stands for. */
import path from 'node:path'
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api'
import type { ChildResult } from '../run-child.ts'
import { maskArguments, maskText } from '../signals/resource/command-line.ts'

/** Known before it starts, so that samplers see it. @see https://opentelemetry.io/docs/specs/semconv/cli/cli-spans/ */
export function startAttributes(command: readonly string[]): Attributes {
  return { 'process.executable.name': programName(command), 'process.command_args': maskArguments(command) }
}

/** `npm` for `/usr/bin/npm test`, and for `npm test && npm run lint`. */
export function programName([program = '']: readonly string[]): string {
  return path.basename(program.trim().split(/\s/)[0]!) || 'command'
}

export function recordEnd(span: Span, { code, signal, error }: ChildResult): void {
  span.setAttribute('process.exit.code', code)
  if (error !== undefined) {
    // its message and stack repeat the command, which may hold a password
    const type = (error as NodeJS.ErrnoException).code ?? error.name
    span.setAttribute('error.type', type)
    span.setStatus({ code: SpanStatusCode.ERROR, message: `could not be started: ${type}` })
    return
  }
  if (code === 0) return
  span.setAttribute('error.type', signal ?? String(code))
  span.setStatus({ code: SpanStatusCode.ERROR, message: signal ? `ended by ${signal}` : `exit code ${code}` })
}

/** Attributes that the caller has named, without credentials. */
export function maskAttributes(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key, typeof value === 'string' ? maskText(value) : value]),
  )
}
