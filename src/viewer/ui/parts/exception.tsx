/** An exception: type, message, and its stack with the frames of the project standing out. */
import { useSignal } from '@preact/signals'
import type { ExceptionInfo, StackFrame } from '../../api.ts'
import { copy } from '../lib/copy.ts'
import { editorLink } from '../lib/editor.ts'
import { plural } from '../lib/format.ts'

export function Exception({ exception }: { readonly exception: ExceptionInfo }) {
  const all = useSignal(false)
  const { frames, stack, type, message } = exception
  const own = frames.filter(({ inProject }) => inProject)
  const hidden = all.value || own.length === 0 ? 0 : frames.length - own.length
  const shown = hidden > 0 ? own : frames
  return (
    <section class="exception">
      <p class="exception-title">
        <strong class="error">{type ?? 'Exception'}</strong>
        {message !== null && <span> {message}</span>}
      </p>
      {shown.length > 0 ? (
        <ol class="frames mono">
          {shown.map((frame, index) => (
            <li key={index} class={frame.inProject ? 'own' : 'dim'}>
              {frame.file === null ? (
                frame.text
              ) : (
                <>
                  <span>{frame.function ?? '(anonymous)'}</span> <Where frame={frame} />
                </>
              )}
            </li>
          ))}
        </ol>
      ) : (
        stack !== null && <pre>{stack}</pre>
      )}
      {hidden > 0 && (
        <button type="button" class="quiet" onClick={() => (all.value = true)}>
          {plural(hidden, 'frame')} of Node.js and packages
        </button>
      )}
      {stack !== null && (
        <button type="button" class="quiet" onClick={() => copy(stack, 'Stack copied')}>
          Copy stack
        </button>
      )}
    </section>
  )
}

/** Where a frame is; of the project, a link that an editor opens. */
function Where({ frame }: { readonly frame: StackFrame }) {
  const text = [frame.file, frame.line, frame.column].filter((part) => part !== null).join(':')
  const link = frame.inProject ? editorLink(frame) : undefined
  if (link === undefined) return <span class="where">{text}</span>
  return (
    <a class="where" href={link} title="Open in the editor">
      {text}
    </a>
  )
}
