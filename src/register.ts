/** The door for `--import` and `-r`: configures from the environment alone, in the main thread and in the application's workers. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { configureOpentelemetry } from './configure.ts'

if (isMainThread || isWorkerOfApplication()) configureOpentelemetry()

/** Preloads also run in Node's own loader thread, which has no port, and in the workers pino writes from: nothing to trace there. */
function isWorkerOfApplication(): boolean {
  const data: unknown = workerData
  const isPinoTransport = typeof data === 'object' && data !== null && 'stateBuf' in data && 'dataBuf' in data
  return parentPort !== null && !isPinoTransport
}
