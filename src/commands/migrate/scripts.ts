/** Preloads and variables of another SDK in a line of shell. */
import type { Road } from './roads.ts'

const REGISTER = '--import uptrace-node/register'

/** A program that preloaded the SDK preloads ours, once. */
export function replacePreload(text: string, { preload }: Road): string {
  let count = 0
  return text.replace(preload, () => (count++ === 0 ? REGISTER : '')).replace(count > 1 ? / {2,}/g : /(?!)/, ' ')
}

/** `DD_SERVICE=shop node app.js` becomes `OTEL_SERVICE_NAME=shop node app.js`; what needs a decision stays and is told. */
export function replaceVariables(text: string, { variables }: Road): string {
  const attributes: string[] = []
  let changed = text
  for (const [name, target] of Object.entries(variables)) {
    const assignment = new RegExp(`\\b${name}=("[^"]*"|'[^']*'|\\S+)[ ]?`)
    const value = assignment.exec(changed)?.[1]
    if (value === undefined) continue
    if (target.endsWith('=')) {
      attributes.push(`${target}${value.replace(/^(["'])(.*)\1$/, '$2')}`)
      changed = changed.replace(assignment, '')
    } else if (/^\w+$/.test(target)) changed = changed.replace(`${name}=`, `${target}=`)
  }
  return attributes.length > 0 ? `OTEL_RESOURCE_ATTRIBUTES=${attributes.join(',')} ${changed}` : changed
}
