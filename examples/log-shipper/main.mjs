// Lines from a file to log records in the right traces, as Vector, Fluent Bit or the Collector's filelog receiver do it.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { logs, ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown } from 'uptrace-node'

const folder = mkdtempSync(path.join(tmpdir(), 'log-shipper-'))
const file = path.join(folder, 'shop.log')
spawnSync(process.execPath, [path.join(import.meta.dirname, 'app.mjs'), file], { stdio: 'inherit' })

configureOpentelemetry({ serviceName: 'shop', metricsEnabled: false })
const logger = logs.getLogger('log-shipper')
const SEVERITIES = { 30: SeverityNumber.INFO, 40: SeverityNumber.WARN, 50: SeverityNumber.ERROR }

for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
  const {
    time,
    level,
    msg,
    trace_id: traceId,
    span_id: spanId,
    trace_flags,
    pid,
    hostname,
    ...attributes
  } = JSON.parse(line)
  logger.emit({
    timestamp: time,
    severityNumber: SEVERITIES[level],
    body: msg,
    attributes,
    // the record belongs to the span in which the line was written
    context: traceId
      ? trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(trace_flags, 16) })
      : ROOT_CONTEXT,
  })
}

rmSync(folder, { recursive: true })
await shutdown()
