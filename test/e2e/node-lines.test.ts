/** The main job on every Node line we support, and once on the one before them. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'

const LINES = [20, 22, 26].map((major) => ({
  major,
  node: path.join(import.meta.dirname, `../../.cache/nodes/${major}/node`),
}))

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

describe.for(LINES)('Node $major', ({ major, node }) => {
  const isThere = existsSync(node)
  if (!isThere) console.log(`skipped: Node ${major} is not installed (scripts/install-nodes.sh installs it)`)
  const stderr =
    major === 20
      ? expect.stringMatching(/^uptrace: Node.js 20\.\d+\.\d+ is older than the oldest supported version[^\n]+\n$/)
      : ''

  test.skipIf(!isThere).for(['mjs', 'cjs'] as const)('three signals from one call (%s)', async (kind) => {
    const imports =
      kind === 'mjs'
        ? `import * as api from '@opentelemetry/api'; import * as uptrace from 'uptrace-node'`
        : `const api = require('@opentelemetry/api'); const uptrace = require('uptrace-node')`
    const source = `${imports}
      uptrace.configureOpentelemetry({ dsn: 'http://t@localhost:${sink.port}', serviceName: 's' })
      uptrace.withSpan('work', () => { api.logs.getLogger('l').emit({ body: 'b' }); api.metrics.getMeter('m').createCounter('c').add(1) })
      uptrace.shutdown()`
    expect(await runSource(kind, source, { node })).toMatchObject({ code: 0, stderr })
    expect([sink.items('traces').length, sink.items('logs').length]).toEqual([1, 1])
    expect(sink.items('metrics').map(({ name }) => name)).toContain('c')
  })

  test.skipIf(!isThere).for<['mjs' | 'cjs', string[], string]>([
    [
      'mjs',
      ['--import', 'uptrace-node/register'],
      `import { createServer, get } from 'node:http'; import express from 'express'`,
    ],
    [
      'cjs',
      ['-r', 'uptrace-node/register'],
      `const { createServer, get } = require('http'); const express = require('express')`,
    ],
  ])('http and express by %s with %s', async ([kind, flags, imports]) => {
    const source = `${imports}
      const app = express().get('/users/:id', (request, response) => response.send('ok'))
      const server = createServer(app).listen(0, () => get('http://localhost:' + server.address().port + '/users/1', (response) => response.resume().on('end', () => server.close())))`
    expect(
      await runSource(kind, source, { node, flags, env: { UPTRACE_DSN: `http://t@localhost:${sink.port}` } }),
    ).toMatchObject({ code: 0, stderr })
    expect(
      sink
        .items('traces')
        .map(({ name, kind }) => `${name} ${kind}`)
        .sort(),
    ).toEqual(expect.arrayContaining(['GET /users/:id 2', 'GET 3']))
  })

  test.skipIf(!isThere)('what is queued at process.exit() arrives', async () => {
    const source = `const { configureOpentelemetry, withSpan } = require('uptrace-node')
      configureOpentelemetry({ dsn: 'http://t@localhost:${sink.port}', metricsEnabled: false })
      for (let i = 0; i < 2000; i++) withSpan('span ' + i, () => {})
      process.exit(7)`
    expect(await runSource('cjs', source, { node })).toMatchObject({ code: 7, stderr })
    expect(sink.spanIds().size).toBe(2000)
  })
})
