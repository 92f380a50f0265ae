/** The attribute filters of the chart, as the address has them. */
import { params } from '../../lib/location.tsx'

export const currentFilters = (): string[] => params.value.getAll('filter')
