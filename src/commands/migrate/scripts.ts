/** Preloads and variables of another SDK in a line of shell. */
import type { Road } from './road.ts'

const RESOURCE_ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES'
const REGISTER = 'uptrace-node/register'
/** Commands that know `-r` and take the value of `--import` for a file of theirs; their own arguments follow up to the end of the command. */
const WITHOUT_IMPORT = /\b(?:ts-node[\w-]*|nodemon|mocha|babel-node|ava)\b[^;&|]*$/

/** A program that preloaded the SDK preloads ours, once. */
export function replacePreload(text: string, { preload }: Road): string {
  let count = 0
  const replaced = text.replace(preload, (...match) => {
    if (count++ > 0) return ''
    return `${WITHOUT_IMPORT.test(text.slice(0, match.at(-2))) ? '-r' : '--import'} ${REGISTER}`
  })
  return replaced.replace(count > 1 ? / {2,}/g : /(?!)/, ' ')
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
