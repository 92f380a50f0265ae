/** Preloads and variables of another SDK in a line of shell. */
import type { Road } from './roads.ts'

const RESOURCE_ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES'
const REGISTER = '--import uptrace-node/register'

/** A program that preloaded the SDK preloads ours, once. */
export function replacePreload(text: string, { preload }: Road): string {
  let count = 0
  return text.replace(preload, () => (count++ === 0 ? REGISTER : '')).replace(count > 1 ? / {2,}/g : /(?!)/, ' ')
}

const ASSIGNMENT = /(\w+)=("[^"]*"|'[^']*'|[^\s;&|]+)/
const ASSIGNMENTS = new RegExp(`(?<![\\w"'])${ASSIGNMENT.source}(?:\\s+${ASSIGNMENT.source})*`, 'g')

/** `DD_SERVICE=shop node app.js` becomes `OTEL_SERVICE_NAME=shop node app.js`, each variable before its own command; what needs a decision stays and is told. */
export function replaceVariables(text: string, { variables }: Road): string {
  return text.replace(ASSIGNMENTS, (before) => {
    const attributes: string[] = []
    const after: string[] = []
    let place: number | undefined
    let isChanged = false
    for (const [assignment, name, value] of before.matchAll(new RegExp(ASSIGNMENT, 'g')) as Iterable<
      [string, string, string]
    >) {
      const target = Object.hasOwn(variables, name) ? variables[name]! : undefined
      isChanged ||= target !== undefined
      if (name === RESOURCE_ATTRIBUTES || target?.endsWith('=')) {
        place ??= after.push('') - 1
        attributes.push(name === RESOURCE_ATTRIBUTES ? value : target + encodeDelimiters(value))
      } else after.push(target !== undefined && /^\w+$/.test(target) ? `${target}=${value}` : assignment)
    }
    if (place !== undefined) after[place] = `${RESOURCE_ATTRIBUTES}=${attributes.join(',')}`
    return isChanged ? after.join(' ') : before
  })
}

/** As the values of OTEL_RESOURCE_ATTRIBUTES are written; the quotes stay, as a shell joins quoted parts to one word. */
function encodeDelimiters(value: string): string {
  return value.includes('$') ? value : value.replace(/[%,=]/g, encodeURIComponent)
}
