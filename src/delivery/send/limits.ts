/** What bounds a sender, whatever the protocol is. */

/** No fewer than there may be requests under way. */
export const MAX_SOCKETS = 32
/** Of an answer no more is kept: OTLP answers are short. */
export const ANSWER_LIMIT_BYTES = 64 * 1024
