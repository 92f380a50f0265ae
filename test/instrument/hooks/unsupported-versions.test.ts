/** A program that ends at once still hears what is not supported. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const ROOT = path.join(import.meta.dirname, '../../..')
let folder: string
beforeEach(() => {
  mkdirSync(path.join(ROOT, '.cache/programs'), { recursive: true })
  folder = mkdtempSync(path.join(ROOT, '.cache/programs/again-'))
  mkdirSync(path.join(folder, 'node_modules'))
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  symlinkSync(ROOT, path.join(folder, 'node_modules/uptrace-node'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function run(source: string): Promise<{ stdout: string; stderr: string; code: unknown }> {
  writeFileSync(path.join(folder, 'app.cjs'), source)
  const command = `exec "${process.execPath}" --require uptrace-node/register app.cjs`
  const env = { PATH: process.env.PATH, UPTRACE_DSN: 'http://t@localhost:1', OTEL_METRICS_EXPORTER: 'none' }
  return new Promise((resolve) =>
    execFile('bash', ['-c', command], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error?.code ?? 0 }),
    ),
  )
}

test.for<[string, string]>([
  ['ends at once', ''],
  ['calls process.exit()', 'process.exit()'],
  ['throws', 'throw new Error("mine")'],
  ['shuts down first', "require('uptrace-node').shutdown()"],
])('an unsupported version in a program that %s: one line', async ([, end]) => {
  const express = path.join(folder, 'node_modules/express')
  cpSync(path.join(ROOT, 'node_modules/express'), express, { recursive: true })
  const manifest = path.join(express, 'package.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"version": "[^"]*"/, '"version": "99.1.0"'))
  const { stderr } = await run(`require('express'); ${end}`)
  expect(stderr.match(/express 99\.1\.0 is not traced/g)).toHaveLength(1)
})
