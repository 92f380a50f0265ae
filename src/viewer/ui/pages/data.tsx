/** The page Data: what is stored and its limits, where programs send to, and import, export and clearing. */
import type { ViewerStatus } from '../../api.ts'
import { urlOf, useQuery } from '../lib/api.ts'
import { Failed, Loading } from '../lib/states.tsx'
import { Address } from './data/address.tsx'
import { Clear } from './data/clear.tsx'
import { Export } from './data/export.tsx'
import { Import } from './data/import.tsx'
import { Storage } from './data/storage.tsx'

export function DataPage() {
  const { data, error } = useQuery<ViewerStatus>(() => urlOf('status'))
  if (error) return <Failed error={error} />
  if (!data) return <Loading />
  return (
    <div class="data">
      <h1 class="visually-hidden">Data</h1>
      <Storage status={data} />
      <Address status={data} />
      <Import />
      <Export />
      <Clear storage={data.storage} />
    </div>
  )
}
