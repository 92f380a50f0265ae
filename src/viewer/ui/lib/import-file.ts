/** Sends files to the import of the viewer, one after the other, and says what came of them. */
import { signal } from '@preact/signals'
import { type ImportResult, PACKED_FROM_BYTES } from '../../api.ts'
import { request, urlOf } from './api.ts'
import { count, plural } from './format.ts'

export interface Imported {
  readonly name: string
  readonly result: ImportResult | undefined
  /** What was wrong; empty when nothing was. */
  readonly error: string
}

/** The newest first. */
export const imported = signal<readonly Imported[]>([])
export const isImporting = signal(false)

export async function importFiles(files: Iterable<File>): Promise<readonly Imported[]> {
  isImporting.value = true
  const done: Imported[] = []
  for (const file of files) {
    const outcome = await importFile(file)
    done.push(outcome)
    imported.value = [outcome, ...imported.value]
  }
  isImporting.value = false
  return done
}

async function importFile(file: File): Promise<Imported> {
  const { name } = file
  try {
    const result = await request<ImportResult>(urlOf('import'), { method: 'POST', body: await packed(file) })
    return { name, result, error: '' }
  } catch (error) {
    return { name, result: undefined, error: (error as Error).message }
  }
}

async function packed(file: File): Promise<Blob> {
  if (file.size < PACKED_FROM_BYTES || /\.(?:gz|zst|zip)$/i.test(file.name)) return file
  return new Response(file.stream().pipeThrough(new CompressionStream('gzip'))).blob()
}

export function describeImport({ result, error }: Imported): string {
  if (!result) return error
  const kinds = [
    result.spans > 0 && plural(result.spans, 'span'),
    result.logs > 0 && plural(result.logs, 'log record'),
    result.metricPoints > 0 && plural(result.metricPoints, 'metric point'),
    result.rejected > 0 && `${count(result.rejected)} refused`,
  ]
  return kinds.filter(Boolean).join(', ')
}
