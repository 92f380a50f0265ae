/** Runs a program for some seconds with telemetry on and asks it what it saw. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { distFolder } from '../lazy.ts'
import { REPORT_VARIABLE, type SelfReport } from './self-report.ts'

const RUN_MILLIS = 10_000

export interface ProgramRun {
  /** The command, without what may be a secret. */
  readonly name: string
  readonly outcome: string
  /** Undefined when no process of it loaded this package. */
  readonly report: SelfReport | undefined
}

export async function runProgram(command: readonly string[], env: NodeJS.ProcessEnv): Promise<ProgramRun> {
  // for this user only: the report names the destinations with their headers
  const folder = mkdtempSync(path.join(tmpdir(), 'uptrace-doctor-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  try {
    const outcome = await runFor(command, { ...env, NODE_OPTIONS: withRegister(env), [REPORT_VARIABLE]: folder })
    return { name: nameOf(command), outcome, report: chooseReport(folder) }
  } finally {
    process.off('exit', remove)
    remove()
  }
}

function withRegister({ NODE_OPTIONS = '' }: NodeJS.ProcessEnv): string {
  return `${NODE_OPTIONS} --import ${pathToFileURL(path.join(distFolder(), 'register.mjs')).href}`.trim()
}

/** Any argument may be a password: only the program and its file are named. */
function nameOf([program, ...args]: readonly string[]): string {
  const script = args.findIndex((arg) => !arg.startsWith('-') && isFile(arg))
  const shown = [path.basename(program!), ...(script < 0 ? [] : [args[script]!])]
  return shown.length < args.length + 1 ? `${shown.join(' ')} …` : shown.join(' ')
}

const isFile = (name: string): boolean => existsSync(name) && statSync(name).isFile()

function runFor([program, ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'inherit'], env })
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGTERM')
      resolve(`ran for ${RUN_MILLIS / 1000} s`)
    }, RUN_MILLIS)
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      resolve(`could not be started: ${error.code ?? 'unknown error'}`)
    })
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      resolve(`ended with ${signal ?? `code ${code}`}`)
    })
  })
}

/** A command such as `npm start` is several processes: the one with telemetry counts, of several that with the most spans, and then the innermost. */
function chooseReport(folder: string): SelfReport | undefined {
  const reports = readdirSync(folder).map((name) => readReport(path.join(folder, name)))
  return reports
    .filter((report) => report !== undefined)
    .sort(
      (one, other) =>
        Number(other.enabled) - Number(one.enabled) || spansOf(other) - spansOf(one) || other.startedAt - one.startedAt,
    )[0]
}

const spansOf = ({ spans }: SelfReport): number => Object.values(spans).reduce((sum, count) => sum + count, 0)

function readReport(file: string): SelfReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'), reviveBuffer) as SelfReport
  } catch {
    return undefined
  }
}

/** Certificates may be given as bytes. */
function reviveBuffer(_key: string, value: unknown): unknown {
  const bytes = value as { type?: unknown; data?: unknown } | null
  return bytes?.type === 'Buffer' && Array.isArray(bytes.data) ? Buffer.from(bytes.data as number[]) : value
}
