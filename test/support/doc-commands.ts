/** Finds the commands of a page that are marked `<!-- runs -->`, runs them as a reader would, and compares what the page says they print. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '../..')

export interface DocCommand {
  readonly language: 'sh' | 'js'
  readonly code: string
  /** The `text` block that follows: what it prints, in part. */
  readonly output: string | undefined
  readonly line: number
}

export function commandsOf(page: string): DocCommand[] {
  const text = readFileSync(path.join(ROOT, page), 'utf8')
  const marked = text.matchAll(/^<!-- runs -->\n```(sh|js)\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm)
  return [...marked].map(({ 1: language, 2: code, 3: output, index }) => ({
    language: language as 'sh' | 'js',
    code: code!,
    output,
    line: text.slice(0, index).split('\n').length + 1,
  }))
}

/** @returns what it wrote on both streams; its exit code is that of the last command */
export function runCommand(
  { language, code }: DocCommand,
  env: Readonly<Record<string, string>>,
): Promise<{ status: number | null; output: string }> {
  const programs = path.join(ROOT, '.cache/programs')
  mkdirSync(programs, { recursive: true })
  const folder = mkdtempSync(path.join(programs, 'doc-'))
  writeFileSync(path.join(folder, 'npx'), `#!/bin/sh\nshift\nexec node "${ROOT}/dist/cli.cjs" "$@"\n`)
  chmodSync(path.join(folder, 'npx'), 0o755)
  const file = path.join(folder, 'main.mjs')
  if (language === 'js') {
    mkdirSync(path.join(folder, 'node_modules'))
    symlinkSync(ROOT, path.join(folder, 'node_modules/uptrace-node'))
    writeFileSync(file, code)
  }
  const script = language === 'js' ? `exec node "${file}" 2>&1` : `exec 2>&1\n${code}`
  const child = spawn('bash', ['-e', '-c', script], {
    cwd: ROOT,
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: `${folder}:${path.dirname(process.execPath)}:${process.env.PATH}`, HOME: process.env.HOME, ...env },
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, output }))
  })
}

/** The lines of the page that the command did not print. Ids, numbers and addresses differ from run to run; `…` stands for anything. */
export function missingLines(expected: string, printed: string): string[] {
  const lines = printed.split('\n').map(normalize)
  return expected
    .split('\n')
    .filter((line) => line.trim() !== '' && line.trim() !== '…')
    .filter((line) => {
      const parts = normalize(line).split('…')
      const pattern = new RegExp(`^${parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*')}$`)
      return !lines.some((other) => pattern.test(other))
    })
}

function normalize(line: string): string {
  return line
    .trimEnd()
    .replace(/https?:\/\/[\w.*@-]+(:\d+)?/g, 'URL')
    .replace(/\b[0-9a-f]{16}\b|\b[0-9a-f]{32}\b/g, 'ID')
    .replace(/\d+(\.\d+)?/g, '0')
    .replace(/ {2,}/g, '  ')
}
