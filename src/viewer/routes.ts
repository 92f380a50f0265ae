/** The table of the query API: which function answers which path. */
import { ROUTES } from './api.ts'
import type { Route } from './router.ts'
import type { CreateApi } from './server.ts'

export const createApi: CreateApi = ({ store }) => ({
  countInsights: () => 0,
  close: () => {},
  routes: (ticks): readonly Route[] => [
    {
      method: 'GET',
      path: ROUTES.events,
      handler: ({ response }) => {
        ticks.open(response)
      },
    },
    { method: 'DELETE', path: ROUTES.data, handler: () => store.clear() },
  ],
})
