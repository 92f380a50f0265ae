/** Copies text and says so for a moment. */
import { signal } from '@preact/signals'

/** Shown by `<Toast>`; empty when there is nothing to say. */
export const message = signal('')
let timer = 0

export function say(text: string): void {
  message.value = text
  clearTimeout(timer)
  timer = window.setTimeout(() => {
    message.value = ''
  }, 2000)
}

export async function copy(text: string, what = 'Copied'): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    say(what)
  } catch {
    say('The browser did not allow copying')
  }
}
