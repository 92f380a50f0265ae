/** Finds the commands of a page, runs those that are marked so as a reader would, and compares what the page says they print. */
import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '../..')
const APP = path.join(ROOT, 'test/fixtures/doc-app')

export interface DocCommand {
  readonly language: 'sh' | 'js'
  readonly code: string
  /** The `text` block that follows: what it prints, in part. */
  readonly output: string | undefined
  readonly line: number
  /** `runs` in this repository, `runs: app` in the folder of a program, `runs: viewer` beside a viewer; `needs: …` where it can't be run here. */
  readonly mark: string | undefined
}

/** All commands of a shell, and what else is marked. */
export function commandsOf(page: string): DocCommand[] {
  const text = readFileSync(path.join(ROOT, page), 'utf8')
  const blocks = text.matchAll(
    /^(?:<!-- (runs(?:: \w+)?|needs: [^\n]+) -->\n)?```(sh|bash|js)\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm,
  )
  return [...blocks]
    .map(({ 1: mark, 2: language, 3: code, 4: output, index }) => ({
      mark,
      language: language === 'js' ? ('js' as const) : ('sh' as const),
      code: code!,
      output,
      line: text.slice(0, index).split('\n').length + (mark === undefined ? 0 : 1),
    }))
    .filter(({ language, mark }) => language === 'sh' || mark !== undefined)
}

/** @returns what it wrote on both streams; its exit code is that of the last command */
export function runCommand(
  { language, code, mark }: DocCommand,
  env: Readonly<Record<string, string>>,
): Promise<{ status: number | null; output: string }> {
  const programs = path.join(ROOT, '.cache/programs')
  mkdirSync(programs, { recursive: true })
  const folder = mkdtempSync(path.join(programs, 'doc-'))
  writeProgram(path.join(folder, 'npx'), `#!/bin/sh\nshift\nexec node "${ROOT}/dist/cli.cjs" "$@"\n`)
  const file = path.join(folder, 'main.mjs')
  const isApp = mark === 'runs: app'
  if (language === 'js' || isApp) {
    mkdirSync(path.join(folder, 'node_modules/@opentelemetry'), { recursive: true })
    symlinkSync(ROOT, path.join(folder, 'node_modules/uptrace-node'))
    symlinkSync(
      path.join(ROOT, 'node_modules/@opentelemetry/api'),
      path.join(folder, 'node_modules/@opentelemetry/api'),
    )
  }
  if (language === 'js') writeFileSync(file, code)
  if (isApp) {
    cpSync(APP, folder, { recursive: true })
    // as a bundler leaves it
    cpSync(path.join(APP, 'app.js'), path.join(folder, 'dist/app.cjs'))
  }
  const script = language === 'js' ? `exec node "${file}" 2>&1` : `exec 2>&1\n${withoutPlaceholders(code, env)}`
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], {
    cwd: mark === 'runs' ? ROOT : folder,
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      PATH: [folder, path.dirname(process.execPath), path.join(ROOT, 'node_modules/.bin'), process.env.PATH].join(':'),
      HOME: process.env.HOME,
      ...env,
    },
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

function writeProgram(file: string, source: string): void {
  writeFileSync(file, source)
  chmodSync(file, 0o755)
}

/** What a reader puts in. */
function withoutPlaceholders(code: string, { UPTRACE_DSN, TRACE_ID }: Readonly<Record<string, string>>): string {
  return code.replaceAll('https://<token>@api.uptrace.dev', UPTRACE_DSN ?? '').replaceAll('<trace id>', TRACE_ID ?? '')
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
