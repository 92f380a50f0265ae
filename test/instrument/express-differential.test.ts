/** Express apps of all shapes make the spans that OpenTelemetry's instrumentation makes of them. */
import path from 'node:path'
import { expect, test } from 'vitest'
import { type RunResult, runSource } from '../support/run-node.ts'

const here = (name: string): string => JSON.stringify(path.join(import.meta.dirname, name))

interface Shape {
  readonly answers: readonly string[]
  readonly trees: readonly unknown[]
}

const LAZY = `require('uptrace-node').configureOpentelemetry({ dsn: 'http://t@127.0.0.1:9', logLevel: 'none', delivery: { exitFlush: false, shutdownTimeoutMillis: 1 }, metricsEnabled: false, spanProcessors: [require(${here('collect.cjs')}).collect] })`
const EAGER = `require(${here('eager.cjs')})`
const HOOK = `(await import('node:module')).register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)`
const run = (major: number): string => `require(${here('express-run.cjs')}).run(express, ${major})`

const programs = {
  cjs: (setUp: string, major: number) => `${setUp}\nconst express = require('express')\n${run(major)}`,
  mjs: (setUp: string, major: number) =>
    `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\n${setUp === EAGER ? HOOK : ''}\n${setUp}\nconst { default: express } = await import('express')\nawait ${run(major)}`,
  late: (setUp: string, major: number) =>
    setUp === EAGER ? programs.cjs(setUp, major) : `const express = require('express')\n${setUp}\n${run(major)}`,
}

const cases = [4, 5].flatMap((major) => (['cjs', 'mjs', 'late'] as const).map((way) => [major, way] as const))

test.for(cases)('express %i, %s', { timeout: 60_000 }, async ([major, way]) => {
  const aliases: Record<string, string> = major === 4 ? { express: 'express-4' } : {}
  const options = { aliases, timeoutMillis: 50_000 }
  const [ours, theirs] = await Promise.all(
    [LAZY, EAGER].map((setUp) => runSource(way === 'mjs' ? 'mjs' : 'cjs', programs[way](setUp, major), options)),
  )
  const [own, upstream] = [resultOf(ours!), resultOf(theirs!)]
  expect(Object.keys(own).length).toBeGreaterThan(20)
  for (const [name, shape] of Object.entries(upstream)) expect({ name, ...own[name] }).toEqual({ name, ...shape })
  expect(JSON.stringify(own).match(/"express.type":"request_handler"/g)!.length).toBeGreaterThan(100)
})

function resultOf({ code, stdout, stderr }: RunResult): Record<string, Shape> {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  // upstream has no words for what is no error
  const line = stdout.split('\n').find((text) => text.startsWith('RESULT ')) ?? ''
  return JSON.parse(line.slice(7).replaceAll('[object Object]', 'no error')) as Record<string, Shape>
}
