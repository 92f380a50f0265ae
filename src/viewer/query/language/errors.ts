/** An error in a query, with its place in the text. */
import { HttpError } from '../../receive/body.ts'

export function badQuery(position: number, message: string): HttpError {
  return new HttpError(400, 'bad_query', message, { position })
}
