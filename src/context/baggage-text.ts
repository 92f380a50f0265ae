/** The text of the W3C baggage header: entries to members and back. */
import { type BaggageEntry, baggageEntryMetadataFromString } from '@opentelemetry/api'
import { percentDecode, percentEncode, trimSpaces } from './header-text.ts'

/** The specification asks for 64 members and 8,192 bytes at least; more than that makes servers refuse a request for its headers. */
export const MAX_MEMBERS = 180
export const MAX_BYTES = 8192
/** So much of a header is looked at: names, values and the spaces between them. */
const MAX_SCANNED = 65_536

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const NOT_TOKEN = /[^!#$%&'*+.^_`|~0-9A-Za-z-]/gu
/** Also `%`, which starts a code, and `+`, which some readers take for a space. */
const NOT_VALUE = /[^\x21\x23-\x24\x26-\x2a\x2d-\x3a\x3c-\x5b\x5d-\x7e]/gu
/** The text of properties is opaque: what is encoded already stays so. */
const NOT_PROPERTY = /[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/gu
const PROPERTY = String.raw`[!#$%&'*+.^_\x60|~0-9A-Za-z-]+(?:=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)?`
const PLAIN_PROPERTIES = new RegExp(`^${PROPERTY}(?:;${PROPERTY})*$`)

export interface ParsedBaggage {
  /** Without a prototype: names come from others. */
  readonly entries: Record<string, BaggageEntry>
  readonly count: number
  /** Members beyond the limits. */
  readonly dropped: number
}

/** What a header holds. A member that breaks the grammar is skipped; of members with one name the last counts. */
export function parseBaggage(header: string): ParsedBaggage {
  const entries: Record<string, BaggageEntry> = Object.create(null)
  let count = 0
  let bytes = 0
  let dropped = header.length > MAX_SCANNED ? 1 : 0
  for (const part of header.slice(0, MAX_SCANNED).split(',')) {
    const member = trimSpaces(part)
    const parsed = parseMember(member)
    if (parsed === undefined) continue
    bytes += member.length + (count === 0 ? 0 : 1)
    if (count === MAX_MEMBERS || bytes > MAX_BYTES) {
      bytes -= member.length + (count === 0 ? 0 : 1)
      dropped++
      continue
    }
    entries[parsed[0]] = parsed[1]
    count++
  }
  return { entries, count, dropped }
}

/** The header, and how many entries do not fit or cannot be written. */
export function formatBaggage(entries: Iterable<[string, BaggageEntry]>): { text: string; dropped: number } {
  let text = ''
  let count = 0
  let dropped = 0
  for (const [key, entry] of entries) {
    const member = tryFormat(key, entry)
    const longer = text === '' ? member : `${text},${member}`
    if (member === undefined || count === MAX_MEMBERS || longer!.length > MAX_BYTES) {
      dropped++
      continue
    }
    text = longer!
    count++
  }
  return { text, dropped }
}

function parseMember(member: string): [string, BaggageEntry] | undefined {
  const semicolon = member.indexOf(';')
  const pair = semicolon === -1 ? member : member.slice(0, semicolon)
  const equals = pair.indexOf('=')
  const key = trimSpaces(pair.slice(0, Math.max(equals, 0)))
  if (!TOKEN.test(key)) return undefined
  const value = percentDecode(trimSpaces(pair.slice(equals + 1)))
  const properties = semicolon === -1 ? '' : trimSpaces(member.slice(semicolon + 1))
  return [key, properties === '' ? { value } : { value, metadata: baggageEntryMetadataFromString(properties) }]
}

/** An entry whose metadata throws is one that cannot be written. */
function tryFormat(key: unknown, entry: BaggageEntry | undefined): string | undefined {
  try {
    return formatMember(key, entry)
  } catch {
    return undefined
  }
}

function formatMember(key: unknown, entry: BaggageEntry | undefined): string | undefined {
  const value: unknown = entry?.value
  if (typeof key !== 'string' || key === '' || !isPrimitive(value)) return undefined
  const pair = `${percentEncode(key, NOT_TOKEN)}=${percentEncode(String(value), NOT_VALUE)}`
  const metadata: unknown = entry?.metadata?.toString()
  return typeof metadata === 'string' && metadata !== '' ? pair + formatProperties(metadata) : pair
}

function isPrimitive(value: unknown): value is string | number | boolean | bigint {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value)
}

function formatProperties(metadata: string): string {
  if (PLAIN_PROPERTIES.test(metadata)) return `;${metadata}`
  let text = ''
  for (const property of metadata.split(';')) {
    const equals = property.indexOf('=')
    const key = trimSpaces(equals === -1 ? property : property.slice(0, equals))
    if (key === '') continue
    text += `;${percentEncode(key, NOT_TOKEN)}`
    if (equals !== -1) text += `=${percentEncode(trimSpaces(property.slice(equals + 1)), NOT_PROPERTY)}`
  }
  return text
}
