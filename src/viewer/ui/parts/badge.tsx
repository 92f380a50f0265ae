/** Marks of a trace: what is wrong with it or worth a look. */
import type { Badge } from '../../api.ts'

const TEXT: Readonly<Record<Badge, readonly [label: string, title: string, level: string]>> = {
  'n+1': ['N+1', 'The same call is made many times under one span', 'warn'],
  slow: ['slow', 'Much slower than this operation usually is', 'warn'],
  unclosed: ['unclosed', 'A span was started and never ended', 'warn'],
  running: ['running', 'Spans are still open', ''],
  partial: ['partial', 'Parts of the trace have not arrived', 'warn'],
  error: ['error', 'A span failed', 'error'],
  'duplicate-spans': ['duplicate ids', 'Span ids occur more than once', 'warn'],
  'clock-skew': ['clock skew', 'Spans lie outside their parents: clocks differ', 'warn'],
  sequential: ['sequential', 'Calls wait for each other though they could run side by side', 'warn'],
  blocked: ['blocked loop', 'The event loop was held up while it was open', 'warn'],
}

export function Badges({ badges }: { readonly badges: readonly Badge[] }) {
  return (
    <>
      {badges.map((badge) => {
        const [label, title, level] = TEXT[badge] ?? [badge, '', '']
        return (
          <span key={badge} class={`pill ${level}`} title={title}>
            {label}
          </span>
        )
      })}
    </>
  )
}
