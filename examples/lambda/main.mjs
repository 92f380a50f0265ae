// AWS Lambda: each invocation is a span, sent before the answer is given, since the process may be frozen after it.

import { createRequire } from 'node:module'
import path from 'node:path'
import { configureOpentelemetry } from 'uptrace-node'

// what the runtime of Lambda sets, before anything of ours runs
process.env.LAMBDA_TASK_ROOT = import.meta.dirname
process.env._HANDLER = 'handler.handler'
process.env.AWS_LAMBDA_FUNCTION_NAME = 'thumbnails'

const telemetry = configureOpentelemetry()

// and what it does: loads the handler, and calls it for each event
const { handler } = createRequire(import.meta.url)(path.join(import.meta.dirname, 'handler.cjs'))
const context = {
  functionName: 'thumbnails',
  awsRequestId: 'request-1',
  invokedFunctionArn: 'arn:aws:lambda:eu:1:function:thumbnails',
}
console.log(await handler({ name: 'cat.jpg' }, context))
console.log('waits to be sent when the process is frozen:', telemetry.health()?.signals.traces.queued ?? 0)
