/** The whole window takes files that are dropped on it, and imports them. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { say } from '../lib/copy.ts'
import { describeImport, importFiles } from '../lib/import-file.ts'
import { href, navigate } from '../lib/location.tsx'

export function DropZone() {
  const isOver = useSignal(false)
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return
      event.preventDefault()
      isOver.value = true
    }
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) isOver.value = false
    }
    const drop = (event: DragEvent): void => {
      isOver.value = false
      if (!hasFiles(event)) return
      event.preventDefault()
      void receive([...event.dataTransfer!.files])
    }
    addEventListener('dragover', over)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragover', over)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
    }
  }, [])
  return isOver.value ? <div class="drop-zone">Drop to import: OTLP, Jaeger, Zipkin or Tempo</div> : null
}

/** One trace is opened; what else there is to say stands on the page of the data. */
async function receive(files: readonly File[]): Promise<void> {
  const done = await importFiles(files)
  const [first] = done
  if (done.length === 1 && first?.result?.traceId) {
    say(`Imported ${describeImport(first)}`)
    navigate(href(`/traces/${first.result.traceId}`))
  } else navigate(href('/data'))
}
