/** The table of the query API: which function answers which path. */
import type { IncomingMessage } from 'node:http'
import { type LiveReport, type PageKey, ROUTES, type TraceSearch } from '../api.ts'
import { compareTraces } from '../query/compare.ts'
import { compareRuns } from '../query/compare-runs.ts'
import type { Engine } from '../query/engine.ts'
import { traceFacets, traceScatter } from '../query/facets.ts'
import { listFields, listFieldValues } from '../query/fields.ts'
import { requireTrace } from '../query/find-trace.ts'
import { listInstruments } from '../query/instruments.ts'
import { listLogs, logHistogram, logPatterns, logsOfTrace } from '../query/logs.ts'
import { metricSpans, traceMetrics } from '../query/metric-spans.ts'
import { metricData } from '../query/metrics.ts'
import { operationDetail } from '../query/operation-detail.ts'
import { listOperations } from '../query/operations.ts'
import { MAX_SPANS } from '../query/place-trace.ts'
import { searchTrace } from '../query/search-trace.ts'
import { serviceGraph } from '../query/services.ts'
import { spanDetail } from '../query/span-detail.ts'
import { spanProfile } from '../query/span-profile.ts'
import { listStatements } from '../query/statements.ts'
import { listRuns, viewerStatus } from '../query/status.ts'
import { traceDetail } from '../query/trace-detail.ts'
import { listTraces } from '../query/traces.ts'
import { limitOf, optionalNumber, required } from '../query/window.ts'
import { HttpError } from '../receive/body.ts'
import { downloadAll, downloadTrace } from '../receive/download.ts'
import { importTelemetry } from '../receive/import.ts'
import { jaegerRoutes } from '../receive/jaeger-api.ts'
import { receiveProfile } from '../receive/profiles.ts'
import { storeTestTrace } from '../receive/sample-trace.ts'
import type { TraceRow } from '../store/traces.ts'
import { createEngine } from './create-engine.ts'
import type { Route, RouteRequest } from './router.ts'
import type { ApiContext, CreateApi } from './server.ts'

export const createApi: CreateApi = (context) => {
  const engine = createEngine(context.store)
  return {
    countInsights: () => engine.insights.count(),
    close: () => engine.close(),
    routes: (ticks): readonly Route[] => [
      {
        method: 'GET',
        path: ROUTES.events,
        handler: ({ response }) => {
          if (!ticks.open(response))
            throw new HttpError(503, 'busy', 'Too many pages are open.', { retryAfterSeconds: 5 })
        },
      },
      ...traceRoutes(engine, context),
      ...queryRoutes(engine, context),
      ...changeRoutes(engine, context),
      ...jaegerRoutes(engine),
    ],
  }
}

type Context = Omit<ApiContext, 'ticks'>

function get(path: string, handler: (request: RouteRequest) => unknown): Route {
  return { method: 'GET', path, handler }
}

const alignsClocks = (query: URLSearchParams): boolean => query.get('clocks') !== 'recorded'

function traceRoutes(engine: Engine, { ingest }: Context): Route[] {
  const traceOf = (traceId: string): TraceRow => requireTrace(engine, traceId, ingest.log.lastError?.message ?? null)
  const ofTrace = (path: string, handler: (row: TraceRow, request: RouteRequest) => unknown) =>
    get(path, (request) => handler(traceOf(request.params['traceId']!), request))
  return [
    get(ROUTES.short, ({ params }) => {
      const { id, root } = traceOf(params['prefix']!)
      return `/traces/${id}${root === null ? '' : `?span_id=${root}`}`
    }),
    get(ROUTES.traces, ({ query }) => listTraces(engine, query)),
    get(ROUTES.traceFacets, ({ query }) => traceFacets(engine, query)),
    get(ROUTES.traceScatter, ({ query }) => traceScatter(engine, query)),
    ofTrace(ROUTES.trace, (row, { query }) => {
      const attributes = query.get('attributes')
      return traceDetail(engine, row, {
        attributes: attributes === null ? undefined : attributes === '1',
        from: Math.max(optionalNumber(query, 'from') ?? 0, 0),
        limit: limitOf(query, MAX_SPANS, MAX_SPANS),
        alignClocks: alignsClocks(query),
        preview: query.get('preview') === '1',
      })
    }),
    ofTrace(
      ROUTES.traceSearch,
      (row, { query }): TraceSearch =>
        searchTrace(engine, row, query.get('q') ?? '', { alignClocks: alignsClocks(query) }),
    ),
    ofTrace(ROUTES.span, (row, { params }) => spanDetail(engine, row, params['spanId']!)),
    ofTrace(ROUTES.spanProfile, (row, { params }) => spanProfile(engine, row, params['spanId']!)),
    // a trace may have logs and no spans
    get(ROUTES.traceLogs, ({ params }) => logsOfTrace(engine, params['traceId']!)),
    ofTrace(ROUTES.traceMetrics, (row, { query }) => traceMetrics(engine, row, query)),
    ofTrace(ROUTES.traceExport, (row, { query, response }) =>
      downloadTrace(engine, row, query.get('format') ?? 'otlp', response),
    ),
    get(ROUTES.compare, ({ query }) =>
      compareTraces(engine, traceOf(required(query, 'a')), traceOf(required(query, 'b'))),
    ),
  ]
}

function queryRoutes(engine: Engine, context: Context): Route[] {
  const { store } = engine
  return [
    get(ROUTES.status, () => viewerStatus(context)),
    get(ROUTES.runs, ({ query }) => listRuns(store, query.getAll('service').filter(Boolean))),
    get(ROUTES.compareRuns, ({ query }) => compareRuns(engine, query)),
    get(ROUTES.logs, ({ query }) => listLogs(engine, query)),
    get(ROUTES.logHistogram, ({ query }) => logHistogram(engine, query)),
    get(ROUTES.logPatterns, ({ query }) => logPatterns(engine, query)),
    get(ROUTES.metrics, ({ query }) => listInstruments(engine, query)),
    get(ROUTES.metricData, ({ query }) => metricData(engine, query)),
    get(ROUTES.metricSpans, ({ query }) => metricSpans(engine, query)),
    get(ROUTES.services, ({ query }) => serviceGraph(engine, query)),
    get(ROUTES.operations, ({ query }) => listOperations(engine, query)),
    get(ROUTES.operation, ({ query }) => operationDetail(engine, query)),
    get(ROUTES.queries, ({ query }) => listStatements(engine, query)),
    get(ROUTES.insights, ({ query }) => engine.insights.list(query.get('dismissed') === '1')),
    get(ROUTES.fields, ({ query }) => listFields(store, query)),
    get(ROUTES.fieldValues, ({ query }) => listFieldValues(store, query)),
    get(ROUTES.export, ({ query, response }) => downloadAll(engine, query, response)),
  ]
}

function changeRoutes(engine: Engine, { store, readBody, guard, shutdown }: Context): Route[] {
  const requireToken = requireTokenOf(guard)
  const readText = async (request: IncomingMessage) => (await readBody(request)).bytes.toString('utf8')
  return [
    {
      method: 'POST',
      path: ROUTES.dismissInsight,
      handler: ({ params }) => engine.insights.setDismissed(params['insightId']!, true),
    },
    {
      method: 'DELETE',
      path: ROUTES.dismissInsight,
      handler: ({ params }) => engine.insights.setDismissed(params['insightId']!, false),
    },
    {
      method: 'POST',
      path: ROUTES.import,
      handler: async ({ request }) => importTelemetry(store, (await readBody(request)).bytes),
    },
    { method: 'POST', path: ROUTES.testTrace, handler: () => storeTestTrace(store) },
    {
      method: 'POST',
      path: ROUTES.live,
      handler: async ({ request, response }) => engine.live.report(parseReport(await readText(request)), response),
    },
    {
      method: 'POST',
      path: ROUTES.profile,
      handler: async ({ request }) => receiveProfile(store, await readText(request)),
    },
    {
      method: 'DELETE',
      path: ROUTES.data,
      handler: () => {
        engine.live.clear()
        store.clear()
      },
    },
    {
      method: 'POST',
      path: ROUTES.key,
      handler: ({ request }): PageKey => {
        requireToken(request)
        return { key: guard.createKey() }
      },
    },
    {
      method: 'POST',
      path: ROUTES.shutdown,
      handler: ({ request, response }) => {
        requireToken(request)
        response.statusCode = 202
        response.once('finish', () => setImmediate(shutdown))
      },
    },
  ]
}

function requireTokenOf(guard: Context['guard']): (request: RouteRequest['request']) => void {
  return ({ headers }) => {
    const refused = guard.checkToken(headers)
    if (refused) throw new HttpError(refused.status, refused.code, refused.message)
  }
}

function parseReport(text: string): LiveReport {
  try {
    const report = JSON.parse(text) as LiveReport | null
    if (typeof report === 'object' && report !== null && typeof (report.resource ?? {}) === 'object') return report
  } catch {
    // falls through
  }
  throw new HttpError(400, 'bad_request', 'A live report is a JSON object with resource and started.')
}
