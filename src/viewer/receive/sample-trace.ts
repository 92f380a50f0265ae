/** A small sample trace with logs, for the button of the empty state. */
import { randomBytes } from 'node:crypto'
import type { Decoded, DecodedLog, DecodedSpan, ValueMap } from '../../wire/decode-types.ts'
import type { TestTrace } from '../api.ts'
import type { Store } from '../store/store.ts'

const [SERVER, CLIENT, INTERNAL] = [2, 3, 1]

export function storeTestTrace(store: Store): TestTrace {
  const traceId = randomBytes(16).toString('hex')
  const startUs = Date.now() * 1000 - 64_000
  const root = span('GET /hello/:name', SERVER, '', 0, 64_000, {
    'http.request.method': 'GET',
    'http.route': '/hello/:name',
    'http.response.status_code': 200,
    'url.path': '/hello/world',
  })
  const read = span('SELECT greetings', CLIENT, root.spanId, 4000, 21_000, {
    'db.system.name': 'postgresql',
    'db.namespace': 'hello',
    'db.query.text': 'SELECT text FROM greetings WHERE language = $1',
  })
  const render = span('render greeting', INTERNAL, root.spanId, 30_000, 60_000, { 'code.function.name': 'render' })
  const resource = { attributes: { 'service.name': 'uptrace-node-test', 'service.instance.id': 'test' }, schemaUrl: '' }
  const scope = { name: 'uptrace-node', version: '', attributes: {} }
  const decoded: Decoded = {
    traces: [{ resource, scope, items: [root, read, render] }],
    logs: [
      {
        resource,
        scope,
        items: [
          log(root.spanId, 2000, 9, 'INFO', 'greeting world'),
          log(render.spanId, 40_000, 13, 'WARN', 'no template, using the default'),
        ],
      },
    ],
    metrics: [],
  }
  store.add(decoded)
  return { traceId, spanId: root.spanId }

  function span(
    name: string,
    kind: number,
    parentSpanId: string,
    fromUs: number,
    toUs: number,
    attributes: ValueMap,
  ): DecodedSpan {
    return {
      traceId,
      spanId: randomBytes(8).toString('hex'),
      parentSpanId,
      traceState: '',
      name,
      kind,
      startUs: startUs + fromUs,
      startRemainderNs: 0,
      endUs: startUs + toUs,
      endRemainderNs: 0,
      attributes,
      shared: undefined,
      droppedAttributes: 0,
      events: [],
      droppedEvents: 0,
      links: [],
      droppedLinks: 0,
      statusCode: 0,
      statusMessage: '',
      flags: 1,
    }
  }

  function log(spanId: string, atUs: number, severityNumber: number, severityText: string, body: string): DecodedLog {
    const timeUs = startUs + atUs
    return {
      timeUs,
      remainderNs: 0,
      observedUs: timeUs,
      severityNumber,
      severityText,
      body,
      attributes: {},
      droppedAttributes: 0,
      flags: 1,
      traceId,
      spanId,
      eventName: '',
    }
  }
}
