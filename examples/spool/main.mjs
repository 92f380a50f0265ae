// The back end is down while a job runs and ends: its telemetry waits on disk, and the next start brings it there.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { configureOpentelemetry, forceFlush, shutdown, traceUrl, withSpan } from 'uptrace-node'

const spoolDirectory = mkdtempSync(path.join(tmpdir(), 'spool-'))
const waiting = () => readdirSync(spoolDirectory).filter((name) => name.endsWith('.otlp')).length

// a back end of our own, so that it can be down
const backEnd = createServer((request, response) => {
  console.log('back end: takes', request.url)
  request.resume().on('end', () => response.end())
}).listen(0, '127.0.0.1')
await new Promise((resolve) => backEnd.once('listening', resolve))
const { port } = backEnd.address()
await new Promise((resolve) => backEnd.close(resolve))

const options = {
  dsn: `http://token@127.0.0.1:${port}`,
  serviceName: 'spool-example',
  delivery: { spoolDirectory },
  metricsEnabled: false,
  logLevel: 'error',
}

configureOpentelemetry(options)
withSpan('nightly job', (span) => console.log(traceUrl(span)))
await shutdown({ timeoutMillis: 1_000 })
console.log('back end is down, requests on disk:', waiting())

backEnd.listen(port, '127.0.0.1')
configureOpentelemetry(options)
await forceFlush()
while (waiting() > 0) await new Promise((resolve) => setTimeout(resolve, 50))
console.log('back end is up, requests on disk:', waiting())

await shutdown()
backEnd.close()
backEnd.closeAllConnections()
rmSync(spoolDirectory, { recursive: true })
