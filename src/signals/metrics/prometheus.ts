/** Serves metrics to Prometheus: in its text format, and as OpenMetrics with exemplars to those who ask for that. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { CollectionResult, IMetricReader } from '@opentelemetry/sdk-metrics'
import type { MaskValue } from '../../config/redaction-options.ts'
import { settlesWithin } from '../../deadline.ts'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import { maskLabels } from './masked-labels.ts'
import { asksForOpenMetrics, OPEN_METRICS, toOpenMetrics } from './open-metrics.ts'

export interface PrometheusOptions {
  readonly host: string | undefined
  readonly port: number | undefined
  /** Masks secrets among the labels. */
  readonly mask?: MaskValue | undefined
}

/** How long a scrape waits for what is still being found out about this process; a scrape of Prometheus has 10 s. */
const RESOURCE_MILLIS = 2_000
const DEFAULTS = PrometheusExporter.DEFAULT_OPTIONS

export function createPrometheusReader(options: PrometheusOptions): IMetricReader {
  return new Reader(options)
}

/** The exporter of OpenTelemetry behind a server of our own: its own server knows one format. */
class Reader extends PrometheusExporter {
  private readonly server: Server
  private readonly serializer = new PrometheusSerializer()

  private readonly mask: MaskValue | undefined

  constructor({ host = DEFAULTS.host, port = DEFAULTS.port, mask }: PrometheusOptions) {
    super({ preventServerStart: true })
    this.mask = mask
    this.server = createServer((request, response) => this.answer(request, response)).unref()
    this.server.on('error', (error) => log.warn(`metrics cannot be served to Prometheus: ${error.message}`))
    this.server.listen({ host, port })
  }

  override onShutdown(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeIdleConnections()
    })
  }

  override async collect(options?: Parameters<IMetricReader['collect']>[0]): Promise<CollectionResult> {
    const result = await super.collect(options)
    const { resource } = result.resourceMetrics
    // a scrape right after the start: what reads pending attributes has a line logged
    if (resource.asyncAttributesPending && resource.waitForAsyncAttributes)
      await settlesWithin(resource.waitForAsyncAttributes(), RESOURCE_MILLIS).catch(() => {})
    return this.mask ? { ...result, resourceMetrics: maskLabels(result.resourceMetrics, this.mask) } : result
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const [path] = (request.url ?? '').split('?')
    if (path !== DEFAULTS.endpoint) response.writeHead(404).end()
    else if (asksForOpenMetrics(request.headers.accept)) void this.serveOpenMetrics(response)
    else this.getMetricsRequestHandler(request, response)
  }

  private async serveOpenMetrics(response: ServerResponse): Promise<void> {
    try {
      const { resourceMetrics, errors } = await this.collect()
      for (const error of errors) log.debug(`metrics were collected only in part: ${messageOf(error)}`)
      const text = toOpenMetrics(resourceMetrics, (metrics) => this.serializer.serialize(metrics))
      response.writeHead(200, { 'content-type': OPEN_METRICS }).end(text)
    } catch (error) {
      log.warn(`metrics could not be served to Prometheus: ${messageOf(error)}`)
      response.writeHead(500).end()
    }
  }
}
