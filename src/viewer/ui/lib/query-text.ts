/** Edits the text of a query term by term, so that facets and attribute links can add and remove what they stand for. */

/** `key="value"`, quoted only when it must be. */
export function term(field: string, value: unknown, operator = '='): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const isPlain = /^[^\s|"'`“”„‘’‚«»*?\\,()[\]{}<>~!;]+$/.test(text) && !/^(?:nil|null)$/i.test(text)
  return `${fieldText(field)}${operator}${isPlain ? text : quoted(text)}`
}

const FIELDS =
  /^(?:service|name|kind|status|duration|trace|span|parent|scope|event|message|severity|level|body|msg|badge|operation|latency|library|error|(?:span|resource|event|trace|root|attributes|attr)\..*)$/i

/** Of an attribute, which may have the name of a field. */
export const attributeTerm = (name: string, value: unknown): string =>
  term(FIELDS.test(name) && name !== 'event.name' ? `attributes.${name}` : name, value)

/** The name of a field, quoted where it holds what means something else, or is a word of the language. */
export function fieldText(field: string): string {
  const isPlain = /^[\p{L}_$][\p{L}\p{N}_.$/-]*$/u.test(field) && !/^(?:and|or|not|has|is|no|where)$/i.test(field)
  return isPlain || field === '' ? field : quoted(field)
}

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`

/** Terms as they stand in the text; blanks inside quotes do not separate. */
export function splitTerms(text: string): string[] {
  return text.match(/(?:\\ |(?<=[:=~<>])'[^']*'|"(?:\\.|[^"\\])*"?|[^\s"])+/g) ?? []
}

export const hasTerm = (text: string, wanted: string): boolean => splitTerms(text).includes(wanted)

export function removeTerm(text: string, unwanted: string): string {
  return splitTerms(text)
    .filter((one) => one !== unwanted)
    .join(' ')
}

/** Adds a term and removes its opposite. */
export function addTerm(text: string, added: string): string {
  const opposite = added.startsWith('-') ? added.slice(1) : `-${added}`
  if (hasOr(text)) return `(${text.trim()}) ${added}`
  return [...splitTerms(text).filter((one) => one !== opposite && one !== added), added].join(' ')
}

/** Whether an OR stands outside of brackets: a further term would belong to its last part only. */
function hasOr(text: string): boolean {
  let depth = 0
  for (const word of splitTerms(text)) {
    if (depth === 0 && /^(or|OR|\|\|)$/.test(word)) return true
    const bare = word.replace(/"(?:\\.|[^"\\])*"?/g, '')
    depth += (bare.match(/[({]/g) ?? []).length - (bare.match(/[)}]/g) ?? []).length
  }
  return false
}

/** Removes the term when it is there, adds it otherwise. */
export const toggleTerm = (text: string, wanted: string): string =>
  hasTerm(text, wanted) ? removeTerm(text, wanted) : addTerm(text, wanted)

/** Drops every term of a field, with any operator: before a new range is set. */
export function withoutField(text: string, field: string): string {
  return splitTerms(text)
    .filter((one) => !one.startsWith(field) || !/^[:=!<>~]/.test(one.slice(field.length)))
    .join(' ')
}
