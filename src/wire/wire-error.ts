/** The error of decoding. */

/** The bytes are not what the format says. */
export class WireError extends Error {
  override readonly name = 'WireError'
}
