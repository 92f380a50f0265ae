/** What a statement does, in few words and by reading it once: `SELECT users`. Never text of the statement beyond names of tables. */

export interface SqlSummary {
  readonly operation: string
  readonly table: string | undefined
  /** Both, for the name of a span. */
  readonly text: string
}

/** Verbs that a statement may begin with; anything else is not an operation. */
const VERBS = new Set(
  'SELECT INSERT UPDATE DELETE MERGE REPLACE UPSERT CREATE ALTER DROP TRUNCATE RENAME BEGIN START COMMIT ROLLBACK SAVEPOINT RELEASE SET SHOW USE CALL EXEC EXECUTE DO EXPLAIN DESCRIBE DESC ANALYZE VACUUM GRANT REVOKE LOCK UNLOCK LISTEN NOTIFY UNLISTEN COPY FETCH DECLARE CLOSE PREPARE DEALLOCATE REFRESH COMMENT PRAGMA ATTACH DETACH VALUES TABLE REINDEX DISCARD KILL LOAD HANDLER OPTIMIZE CHECK RESET END ABORT CLUSTER'.split(
    ' ',
  ),
)
/** After which word the table comes; those not named have none. */
const BEFORE_TABLE: Readonly<Record<string, readonly string[]>> = {
  SELECT: ['FROM'],
  DELETE: ['FROM'],
  INSERT: ['INTO'],
  REPLACE: ['INTO'],
  MERGE: ['INTO'],
  UPSERT: ['INTO'],
  UPDATE: ['UPDATE'],
  TRUNCATE: ['TABLE', 'TRUNCATE'],
  CREATE: ['TABLE', 'VIEW', 'INDEX'],
  ALTER: ['TABLE', 'VIEW', 'INDEX'],
  DROP: ['TABLE', 'VIEW', 'INDEX'],
  COPY: ['COPY'],
  CALL: ['CALL'],
  EXEC: ['EXEC'],
  EXECUTE: ['EXECUTE'],
}
/** Words between that and the name. */
const FILLERS = new Set([
  'ONLY',
  'LOW_PRIORITY',
  'HIGH_PRIORITY',
  'DELAYED',
  'IGNORE',
  'IF',
  'NOT',
  'EXISTS',
  'LATERAL',
  'CONCURRENTLY',
  'QUICK',
])
const MAX_LENGTH = 100_000
const MAX_NAME = 100

/** Undefined where the statement begins with nothing that is known. */
export function summarizeSql(statement: string): SqlSummary | undefined {
  const tokens = tokensOf(statement)
  const operation = findVerb(tokens)
  if (operation === undefined) return undefined
  const table = findTable(tokens, operation)
  return { operation, table, text: table === undefined ? operation : `${operation} ${table}` }
}

type Tokens = Iterator<string>

/** The first known word outside of brackets; a statement with common tables begins with `WITH`. */
function findVerb(tokens: Tokens): string | undefined {
  let depth = 0
  let isWith = false
  for (let next = tokens.next(); !next.done; next = tokens.next()) {
    const token = next.value
    if (token === '(') depth++
    else if (token === ')') depth--
    const word = token.toUpperCase()
    if (word === 'WITH') isWith = true
    else if (VERBS.has(word) && (depth <= 0 || !isWith)) return word
    else if (!isWith && token !== '(' && token !== ';') return undefined
  }
  return undefined
}

function findTable(tokens: Tokens, operation: string): string | undefined {
  const words = BEFORE_TABLE[operation]
  if (words === undefined) return undefined
  let isBefore = words.includes(operation)
  let depth = 0
  for (let next = tokens.next(); !next.done; next = tokens.next()) {
    const token = next.value
    const word = token.toUpperCase()
    if (token === ';') return undefined
    if (token === '(') depth++
    else if (token === ')') depth--
    if (isBefore && !words.includes(word) && !FILLERS.has(word)) return nameOf(token, tokens)
    if (depth === 0 && words.includes(word)) isBefore = true
  }
  return undefined
}

/** `schema.table`, with or without quotes. */
function nameOf(first: string, tokens: Tokens): string | undefined {
  if (!isName(first)) return undefined
  let name = unquote(first)
  for (let dot = tokens.next(); !dot.done && dot.value === '.'; dot = tokens.next()) {
    const part = tokens.next()
    if (part.done || !isName(part.value)) break
    name += `.${unquote(part.value)}`
  }
  return name.length > MAX_NAME ? undefined : name
}

const isName = (token: string): boolean => /^[\p{L}_"`[#@]/u.test(token)
const unquote = (token: string): string => (/^["`[]/.test(token) ? token.slice(1, -1) : token)

/** Words, quoted names and signs; comments, texts and numbers are passed over. Each character is looked at once. */
function* tokensOf(statement: string): Generator<string> {
  const text = statement.length > MAX_LENGTH ? statement.slice(0, MAX_LENGTH) : statement
  const pattern =
    /\s+|--[^\n]*|#[^\n]*|\/\*|'|\$(\w*)\$|"[^"]*"?|`[^`]*`?|\[[^\]]*\]?|[\p{L}_@][\p{L}\p{N}_$@#]*|\d[\w.]*|[\s\S]/uy
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [token, tag] = match
    if (token === '/*') pattern.lastIndex = endOf(text, '*/', pattern.lastIndex)
    else if (token === "'") pattern.lastIndex = endOfText(text, pattern.lastIndex)
    else if (tag !== undefined) pattern.lastIndex = endOf(text, token, pattern.lastIndex)
    else if (!/^(\s|--|#|\d)/.test(token)) yield token
  }
}

function endOf(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from)
  return at < 0 ? text.length : at + end.length
}

/**
 * A quote that is doubled ends nothing. After a backslash it does in some databases and not in others: what follows might be text, so that
 * nothing of it is read.
 */
function endOfText(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\' && (text[at + 1] === "'" || text[at + 1] === '\\')) return text.length
    if (text[at] === "'" && text[++at] !== "'") return at
  }
  return text.length
}
