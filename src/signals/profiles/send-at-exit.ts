/** Sends the last report while the process ends and no event loop turns any more: a Worker does it, the main thread waits for it. */
import { threads } from '../../threads.ts'

const MOST_MILLIS = 500
/** Plain Node.js: it needs no file beside the bundle. */
const PROGRAM = `
const { url, headers, body, done } = require('node:worker_threads').workerData
const finish = () => { Atomics.store(new Int32Array(done), 0, 1); Atomics.notify(new Int32Array(done), 0); process.exit() }
const request = require('node:http').request(url, { method: 'POST', agent: false, headers: { ...headers, 'content-type': 'application/json' } })
request.on('response', finish).on('error', finish).end(body)
`

export function sendAtExit(url: string, headers: Readonly<Record<string, string>>, body: string): void {
  const { Worker } = threads()
  const done = new SharedArrayBuffer(4)
  const workerData = { url, headers, body, done }
  // none of the flags of the process: a preload must not instrument it
  const worker = new Worker(PROGRAM, { eval: true, workerData, execArgv: [], env: {}, stdout: true, stderr: true })
  worker.on('error', () => {})
  worker.unref()
  Atomics.wait(new Int32Array(done), 0, 0, MOST_MILLIS)
}
