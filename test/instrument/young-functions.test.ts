/**
 * V8 makes a function old at once that is written behind an assignment to a property (`command.resolve = () => …`): until the next great collection it
 * keeps alive all that it refers to, which for a function of each request is the request.
 */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

const APP = path.join(import.meta.dirname, 'young-functions-app.ts')

test('functions that are made for each call are young', () => {
  const output = execFileSync(process.execPath, ['--allow-natives-syntax', APP], { encoding: 'utf8' })
  expect(output.trim().split('\n')).toEqual([
    'ioredis [true,true]',
    'ioredis settled [["kept"],["get"],true,true]',
    'pg-pool [true]',
    'fastify [true]',
  ])
})
