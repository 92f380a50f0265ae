/** A program with a job that never ends and one that ends late; told by messages how to end. */
import { trace } from '@opentelemetry/api'
import { configureOpentelemetry } from '../../../src/configure.ts'
import { createResource } from '../../../src/signals/resource.ts'
import { createLiveSpanProcessor } from '../../../src/signals/traces/live-spans.ts'

const dsn = process.env['VIEWER_DSN']!
const shared = { serviceName: 'worker', resourceDetectors: [] }
configureOpentelemetry({
  dsn,
  serviceName: shared.serviceName,
  spanProcessors: [
    createLiveSpanProcessor({
      url: new URL(dsn).origin,
      headers: { 'uptrace-dsn': dsn },
      resource: createResource({ ...shared, detectors: [] } as never),
    }),
  ],
})

const tracer = trace.getTracer('app')
let endLate = () => {}
tracer.startActiveSpan('stuck job', (stuck) => {
  stuck.setAttribute('job.id', 7)
  tracer.startSpan('step').end()
})
tracer.startActiveSpan('late job', (late) => {
  tracer.startSpan('step').end()
  endLate = () => late.end()
})
process.on('message', (message) => {
  if (message === 'end late') endLate()
  if (message === 'exit') process.exit(0)
  if (message === 'leave') process.disconnect?.()
  if (message === 'throw') throw new Error('as asked')
  if (message === 'block') for (const until = Date.now() + 1500; Date.now() < until; );
})
process.send!('ready')
