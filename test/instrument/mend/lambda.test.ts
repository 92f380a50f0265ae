/** Handlers of Lambda in all their forms answer as they do, and are traced. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../../faults/sink.ts'
import { see } from '../support.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const ESBUILD = (handler: string): string =>
  `Object.defineProperty(exports, 'handler', { get: () => handler, enumerable: true }); const handler = ${handler}`
const FORMS: Readonly<Record<string, readonly [string, string]>> = {
  'a promise': ['cjs', `exports.handler = async (event) => 'got ' + event.a`],
  'a callback': [
    'cjs',
    `exports.handler = (event, context, callback) => { setTimeout(() => callback(null, 'got ' + event.a), 5) }`,
  ],
  'a promise, with a parameter for the callback': [
    'cjs',
    `exports.handler = async (event, context, callback) => 'got ' + event.a`,
  ],
  'exports that are getters': ['cjs', ESBUILD(`async (event) => 'got ' + event.a`)],
  'a callback behind a getter': ['cjs', ESBUILD(`(event, context, callback) => callback(null, 'got ' + event.a)`)],
  'a stream': [
    'cjs',
    `exports.handler = Object.assign(async (event, stream, context) => { stream.end('got ' + event.a) }, { [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response' })`,
  ],
  'an ES module': ['mjs', `export const handler = async (event) => 'got ' + event.a`],
}
const cases = Object.entries(FORMS).flatMap(([name, form]) =>
  [undefined, 'AWS_Lambda_nodejs22.x'].map((runtime) => [name, runtime, form] as const),
)

test.for(cases)('%s, runtime %s', async ([, runtime, [ending, source]]) => {
  // what the runtime does: it loads the file, and takes an answer by promise or by callback
  const work = `const fs = require('fs'), path = require('path'); const file = path.join(__dirname, 'fn.${ending}'); fs.writeFileSync(file, ${JSON.stringify(source)})
    process.env.LAMBDA_TASK_ROOT = __dirname; process.env._HANDLER = 'fn.handler'; process.env.AWS_LAMBDA_FUNCTION_NAME = 'fn'; configure({ dsn: 'http://t@127.0.0.1:${sink.port}' });
    (async () => { const { handler } = ${ending === 'mjs' ? 'await import(file)' : 'require(file)'}; const context = { awsRequestId: '1', invokedFunctionArn: 'arn:aws:lambda:eu:1:function:fn', getRemainingTimeInMillis: () => 1000 }
    const answer = await new Promise((resolve, reject) => { const second = Symbol.for('aws.lambda.runtime.handler.streaming') in handler ? { end: resolve } : context; const done = (error, result) => error ? reject(error) : resolve(result); const result = second === context ? handler({ a: 1 }, context, done) : handler({ a: 1 }, second, context); if (result?.then) result.then((value) => second === context && resolve(value), reject) })
    print(answer); await pause(50); process.exit(0) })().catch((error) => { print('failed ' + error.message); process.exit(1) })`
  const { lines, spans, code } = await see('cjs', work, {
    env: runtime === undefined ? {} : { AWS_EXECUTION_ENV: runtime },
  })
  expect({ code, lines }).toEqual({ code: 0, lines: ['got 1'] })
  expect(spans.map(({ scope }) => scope)).toEqual(['aws-lambda'])
})
