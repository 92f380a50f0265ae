/** A span that nothing is kept of: it carries the ids of its trace to what it calls. */
import type { Span, SpanContext } from '@opentelemetry/api'

export class UnrecordedSpan implements Span {
  declare readonly _context: SpanContext

  constructor(context: SpanContext) {
    this._context = context
  }

  spanContext(): SpanContext {
    return this._context
  }

  isRecording(): boolean {
    return false
  }

  setAttribute(): this {
    return this
  }

  setAttributes(): this {
    return this
  }

  addEvent(): this {
    return this
  }

  addLink(): this {
    return this
  }

  addLinks(): this {
    return this
  }

  setStatus(): this {
    return this
  }

  updateName(): this {
    return this
  }

  end(): void {}

  recordException(): void {}
}
