/** Reads a query and finds the stored names of its fields. */
import type { StoreContext } from '../../store/context.ts'
import type { Expression } from '../language/ast.ts'
import { parseQuery } from '../language/parse.ts'
import { withKnownFields } from './known-fields.ts'
import type { Table } from './stored-names.ts'

/** @throws {HttpError} 400 `bad_query` with the position of what is wrong */
export const readQuery = (context: StoreContext, table: Table, text: string | null): Expression =>
  withKnownFields(context, table, parseQuery(text ?? ''))
