/** The quickstart into a real Jaeger, read back from its query API. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, isBuilt, type Jaeger, startJaeger } from '../support/backends.ts'
import { runFile } from '../support/run-node.ts'

// biome-ignore lint/suspicious/noExplicitAny: an answer of Jaeger, looked into
type Answer = { data?: any[] }

describe.skipIf(!isBuilt('jaeger'))('a real Jaeger', () => {
  let jaeger: Jaeger
  beforeAll(async () => {
    jaeger = await startJaeger()
  })
  afterAll(() => jaeger?.stop())

  test.for(['basic', 'jaeger'])(
    'shows the trace of examples/%s with parent links, status and the exception',
    async (example) => {
      const file = path.join(import.meta.dirname, `../../examples/${example}/main.mjs`)
      const result = await runFile(file, {
        env: {
          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${jaeger.otlpPort}/v1/traces`,
          JAEGER_UI_URL: jaeger.queryUrl,
          UPTRACE_SITE_URL: `${jaeger.queryUrl}/trace/{traceId}?uiFind={spanId}`,
        },
      })
      expect(result).toMatchObject({ code: 0, stderr: '' })
      const traceId = /[0-9a-f]{32}/.exec(result.stdout)![0]
      const { data } = await eventually(
        () => fetch(`${jaeger.queryUrl}/api/traces/${traceId}`).then((response) => response.json() as Promise<Answer>),
        (answer) => answer.data?.[0]?.spans.length === 3,
      )
      const { spans, processes } = data![0]
      const byName = Object.fromEntries(spans.map((span: { operationName: string }) => [span.operationName, span]))
      const parents = Object.fromEntries(
        spans.map((span: { operationName: string; references: { spanID: string }[] }) => [
          span.operationName,
          span.references[0]?.spanID,
        ]),
      )
      const main = byName['main-operation'].spanID
      expect(parents).toEqual({ 'main-operation': undefined, 'GET /posts/:id': main, SELECT: main })
      const failed = byName['GET /posts/:id']
      const tags = Object.fromEntries(
        failed.tags.map(({ key, value }: { key: string; value: unknown }) => [key, value]),
      )
      expect(tags).toMatchObject({
        'otel.status_code': 'ERROR',
        error: true,
        'span.kind': 'server',
        'otel.status_description': 'post 123 is not there',
      })
      const fields = Object.fromEntries(
        failed.logs[0].fields.map(({ key, value }: { key: string; value: unknown }) => [key, value]),
      )
      expect(fields).toMatchObject({
        event: 'exception',
        'exception.message': 'post 123 is not there',
        'exception.stacktrace': expect.stringContaining('main.mjs'),
      })
      expect(Object.values(processes)).toMatchObject([{ serviceName: 'myservice' }])
    },
  )
})
