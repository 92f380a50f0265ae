/** A stack as attributes: by the semantic conventions of code. */
import { fileURLToPath } from 'node:url'
import type { Attributes } from '@opentelemetry/api'
import type { Frame } from './protocol.ts'

/** @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/ */
export function stackAttributes(frames: readonly Frame[]): Attributes {
  const place = placeOf(frames)
  return {
    ...(place && {
      ...(place.name !== '' && { 'code.function.name': place.name }),
      'code.file.path': pathOf(place.file),
      'code.line.number': place.line,
      'code.column.number': place.column,
    }),
    'code.stacktrace': frames.map((frame) => `    at ${describe(frame)}`).join('\n'),
  }
}

/** Where to look: the innermost place of the application, else of a library, else of Node. */
export function placeOf(frames: readonly Frame[]): Frame | undefined {
  const named = frames.filter(({ file }) => file !== '')
  const own = named.filter(({ file }) => !file.startsWith('node:'))
  return own.find(({ file }) => !/[\\/]node_modules[\\/]/.test(file)) ?? own[0] ?? named[0]
}

export function describe({ name, file, line, column }: Frame): string {
  const place = `${file === '' ? '<anonymous>' : pathOf(file)}:${line}:${column}`
  return name === '' ? place : `${name} (${place})`
}

function pathOf(file: string): string {
  if (!file.startsWith('file:')) return file
  try {
    return fileURLToPath(file)
  } catch {
    return file
  }
}
