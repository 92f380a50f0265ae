/** The critical path: walking back from the end, always into the child that finished last before the point reached. */
import type { Tree, TreeInput } from './tree.ts'

export interface PathSegment {
  /** Input index. */
  readonly span: number
  readonly fromNs: number
  readonly toNs: number
}

interface Frame {
  readonly span: number
  readonly children: readonly number[]
  /** Next of `children` to look at. */
  next: number
  /** The path is known from here on. */
  cursorNs: number
}

/**
 * Segments in order of time. A child that outlasts its parent counts up to the parent's end, one that starts after it not at all,
 * as in Jaeger's sanitising of overflowing children.
 */
export function criticalPath(spans: readonly TreeInput[], tree: Tree, root: number): PathSegment[] {
  const segments: PathSegment[] = []
  const endOf = (index: number) => spans[index]!.offsetNs + spans[index]!.durationNs
  const open = (span: number, untilNs: number): Frame => ({
    span,
    children: [...tree.childrenOf(span)].sort((a, b) => endOf(b) - endOf(a)),
    next: 0,
    cursorNs: untilNs,
  })
  const emit = (span: number, fromNs: number, toNs: number): void => {
    if (toNs > fromNs) segments.push({ span, fromNs, toNs })
  }

  const stack = [open(root, endOf(root))]
  while (stack.length > 0) {
    const frame = stack.at(-1)!
    const child = nextChild(spans, frame, endOf)
    if (child === undefined) {
      emit(frame.span, spans[frame.span]!.offsetNs, frame.cursorNs)
      stack.pop()
      continue
    }
    const end = Math.min(endOf(child), frame.cursorNs)
    emit(frame.span, end, frame.cursorNs)
    frame.cursorNs = Math.max(spans[child]!.offsetNs, spans[frame.span]!.offsetNs)
    stack.push(open(child, end))
  }
  return segments.reverse()
}

function nextChild(spans: readonly TreeInput[], frame: Frame, endOf: (index: number) => number): number | undefined {
  const parentEnd = endOf(frame.span)
  while (frame.next < frame.children.length) {
    const child = frame.children[frame.next++]!
    const { offsetNs, durationNs } = spans[child]!
    const overflows = endOf(child) > parentEnd && frame.cursorNs === parentEnd
    const isBefore = (endOf(child) <= frame.cursorNs || overflows) && offsetNs < frame.cursorNs
    if (durationNs > 0 && isBefore && endOf(child) > spans[frame.span]!.offsetNs) return child
  }
  return undefined
}
