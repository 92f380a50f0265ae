/** The parts of an open batch: one for each resource and scope, cut in blocks so that spans of one trace lie near each other. */
import type { Resource } from '@opentelemetry/resources'
import type { Scope, Section } from '../../wire/encode-request.ts'
import type { ProtobufWriter } from '../../wire/protobuf-writer.ts'

export interface OpenSection {
  readonly resource: Resource
  readonly scope: Scope
  readonly writer: ProtobufWriter
  /** Where each block of the batch begins in this section, but for the first. */
  readonly blocks: number[]
}

/** Block by block, what each section got in it. A section that came later has fewer blocks: its first ones were empty. */
export function inBlocks(sections: readonly OpenSection[]): Section[] {
  const most = Math.max(...sections.map(({ blocks }) => blocks.length))
  const views: Section[] = []
  for (let block = 0; block <= most; block++)
    for (const { resource, scope, writer, blocks } of sections) {
      const written = writer.written()
      const at = block - (most - blocks.length)
      const start = at <= 0 ? 0 : blocks[at - 1]!
      const end = at < 0 ? 0 : (blocks[at] ?? written.length)
      if (end > start) views.push({ resource, scope, items: written.subarray(start, end) })
    }
  return views
}
