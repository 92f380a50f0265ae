/** A short message at the bottom of the page, read out by screen readers. */
import { message } from '../lib/copy.ts'

export function Toast() {
  return (
    <div class={message.value === '' ? 'toast' : 'toast shown'} role="status">
      {message.value}
    </div>
  )
}
