/** The module of worker threads. Node makes it when it is first asked for, which fails where the object `process` is frozen: there is one thread then. */
import type * as WorkerThreads from 'node:worker_threads'

const ALONE = { isMainThread: true, parentPort: null, workerData: null } as typeof WorkerThreads

export function threads(): typeof WorkerThreads {
  try {
    return process.getBuiltinModule('node:worker_threads') as typeof WorkerThreads
  } catch {
    return ALONE
  }
}
