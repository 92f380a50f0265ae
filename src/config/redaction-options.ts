/** The option `redaction`: what is masked in spans and log records before they leave the process. */

/** What becomes of the literals in a statement: replaced by `?`, left as they are, or the statement is not sent at all. */
export type SqlRedaction = 'sanitized' | 'raw' | 'off'

/** Gives the value of an attribute, or a text, as it may be shown; `system` is the database of its span. */
export type MaskValue = (key: string, value: unknown, system?: unknown) => unknown

/** Further things to mask; what is masked by default stays masked. */
export interface RedactionOptions {
  /**
   * Names of further secrets, in any spelling: `cardHolder` is `card_holder` and the end of `billing.card-holder` too. They count for attributes, fields at
   * any depth, query parameters, and `name=value` in texts.
   * @default none — env `UPTRACE_REDACT_KEYS`
   */
  keys?: readonly string[]
  /** What these match is masked in every text. A text above 64 kB is cut off there, since an expression may take its time. */
  values?: readonly RegExp[]
  /** Literals in `db.query.text` and `db.statement`. @default 'sanitized' — env `UPTRACE_REDACT_SQL` */
  sql?: SqlRedaction
  /**
   * Is asked last, with the name and the value as it would be sent, and gives what is sent: for each text, number and boolean of an attribute, at any depth
   * with its own name, and for texts with the names `span.name`, `event.name`, `status.message` and `body`. Equal values of spans in a row are asked for once.
   * It must not take long, and what it throws masks the value.
   */
  redact?: (key: string, value: string | number | bigint | boolean) => unknown
}
