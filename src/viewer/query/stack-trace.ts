/** Reads exceptions from span events, and their stacks frame by frame: V8, Python, Java and Go. */
import type { ExceptionInfo, StackFrame } from '../api.ts'

const MAX_FRAMES = 100

export function exceptionOf(attributes: Record<string, unknown>, timeUs: number): ExceptionInfo {
  const stack = text(attributes['exception.stacktrace'])
  return {
    type: text(attributes['exception.type']),
    message: text(attributes['exception.message']),
    timeUs,
    frames: stack === null ? [] : parseStack(stack),
    stack,
  }
}

export function parseStack(stack: string): StackFrame[] {
  const frames: StackFrame[] = []
  for (const line of stack.slice(0, 50_000).split('\n')) {
    const frame = parseLine(line.trim())
    if (frame) frames.push(frame)
    if (frames.length >= MAX_FRAMES) break
  }
  return frames
}

/** The innermost frame of the user's own code. */
export function appFrameOf(frames: readonly StackFrame[]): StackFrame | undefined {
  return frames.find(({ inProject }) => inProject) ?? frames[0]
}

function parseLine(line: string): StackFrame | undefined {
  const v8 = /^at (?:async )?(?:(.*?) \()?(?!eval at )((?:[^()]|\([^()\s]*\))+?):(\d+):(\d+)\)?$/.exec(line)
  if (v8) return frame(line, v8[1], pathOf(v8[2]!), v8[3], v8[4])
  const python = /^File "([^"]+)", line (\d+)(?:, in (.+))?$/.exec(line)
  if (python) return frame(line, python[3], python[1]!, python[2], undefined)
  const java = /^at ([\w.$<>/]+)\(([^:()]+)(?::(\d+))?\)$/.exec(line)
  if (java) return frame(line, java[1], java[2]!, java[3], undefined)
  const go = /^(\/\S+\.go):(\d+)(?: \+0x[0-9a-f]+)?$/.exec(line)
  return go ? frame(line, undefined, go[1]!, go[2], undefined) : undefined
}

/** Of a file URL its path, drive letters included. */
function pathOf(file: string): string {
  if (!file.startsWith('file://')) return file
  const path = file.slice('file://'.length).replace(/^\/(?=[A-Za-z]:)/, '')
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function frame(
  line: string,
  name: string | undefined,
  file: string,
  row: string | undefined,
  column: string | undefined,
): StackFrame {
  return {
    text: line,
    function: name ?? null,
    file,
    line: row === undefined ? null : Number(row),
    column: column === undefined ? null : Number(column),
    inProject:
      !/^node:|node_modules|[\\/]site-packages[\\/]|[\\/]lib[\\/]python|[\\/]go[\\/](?:pkg|src)[\\/]|^internal\//.test(
        file,
      ),
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
