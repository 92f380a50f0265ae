/** `uptrace-node run`: a span round any command, whose environment names that span, so that scripts and steps of CI join a trace. */
import { constants } from 'node:os'
import path from 'node:path'
import { context, type Span, SpanKind, trace } from '@opentelemetry/api'
import { maskAttributes, programName, recordEnd, startAttributes } from './commands/command-span.ts'
import { environmentBelow, extractFromEnvironment } from './commands/environment-carrier.ts'
import { followOutput, type OutputTail } from './commands/output-tail.ts'
import { parseRunFlags, RUN_HELP, type RunFlags } from './commands/run-flags.ts'
import { configureOpentelemetry } from './configure.ts'
import { rememberSecret } from './redact.ts'
import { type ChildResult, runChild } from './run-child.ts'
import { isSecretName } from './signals/resource/command-line.ts'
import type { Telemetry } from './telemetry.ts'
import { VERSION } from './version.ts'

/** How long the signal that ended the command may take to end us, in milliseconds. */
const SIGNAL_MILLIS = 1_000
/** A shorter value of a variable could be an ordinary word. */
const MIN_SECRET_LENGTH = 8

/** Gives the exit code of the command; where a signal has ended it, ends by the same signal. 2 for wrong arguments. */
export async function runCommand(args: readonly string[]): Promise<number> {
  let flags: RunFlags | undefined
  try {
    flags = parseRunFlags(args)
  } catch (error) {
    process.stderr.write(`uptrace-node run: ${(error as Error).message}\n\n${RUN_HELP}`)
    return 2
  }
  if (flags === undefined) {
    process.stdout.write(RUN_HELP)
    return 0
  }
  // the command is what is observed: this process itself measures nothing, and loads nothing that could be traced
  const telemetry = configureOpentelemetry({ metricsDisabled: true, loggingDisabled: true, instrumentations: [] })
  const result = await runInSpan(flags, telemetry)
  await telemetry.shutdown()
  if (result.signal !== undefined) await endBy(result.signal)
  return result.code
}

async function runInSpan(flags: RunFlags, telemetry: Telemetry): Promise<ChildResult> {
  const parent = extractFromEnvironment(context.active(), process.env)
  const span = trace.getTracer('uptrace-node', VERSION).startSpan(
    flags.name ?? programName(flags.command),
    {
      kind: SpanKind.CLIENT,
      attributes: { ...startAttributes(flags.command), ...maskAttributes(flags.attributes) },
    },
    parent,
  )
  if (flags.printsUrl) process.stderr.write(`uptrace-node: ${telemetry.traceUrl(span)}\n`)
  const tails: Record<string, OutputTail> = {}
  const result = await start(flags, { ...environmentBelow(span, parent, process.env) }, span, tails)
  const endTime = Date.now()
  if (result.error) process.stderr.write(`uptrace-node run: ${programName(flags.command)}: ${reasonOf(result.error)}\n`)
  // what it has started may still write: all of it is passed on, as by a pipe of a shell
  else await Promise.all(Object.values(tails).map(({ ended }) => ended))
  recordEnd(span, result)
  rememberSecretsOf(process.env)
  for (const [name, tail] of Object.entries(tails)) {
    const text = tail.text()
    if (text !== undefined) span.setAttribute(name, text)
  }
  span.end(endTime)
  return result
}

/** A stream that is a terminal goes to the command as it is, so that colours and questions work; the end of any other one is kept. */
function start(
  flags: RunFlags,
  env: NodeJS.ProcessEnv,
  span: Span,
  tails: Record<string, OutputTail>,
): Promise<ChildResult> {
  const mode = (stream: NodeJS.WriteStream): 'pipe' | 'inherit' =>
    flags.keepsOutput && !stream.isTTY ? 'pipe' : 'inherit'
  const isShellLine = flags.command.length === 1 && /\s/.test(flags.command[0]!)
  return runChild(
    flags.command,
    {
      env,
      stdio: ['inherit', mode(process.stdout), mode(process.stderr)],
      // npm and npx are .cmd files on Windows
      shell: isShellLine || process.platform === 'win32',
    },
    (child) => {
      if (child.pid !== undefined) span.setAttribute('process.pid', child.pid)
      if (child.stdout) tails['process.stdout'] = followOutput(child.stdout, process.stdout)
      if (child.stderr) tails['process.stderr'] = followOutput(child.stderr, process.stderr)
    },
  )
}

/** What a command prints of its secrets is masked as well, wherever it stands. `PWD` is no password. */
function rememberSecretsOf(env: NodeJS.ProcessEnv): void {
  for (const [name, value = ''] of Object.entries(env))
    if (isSecretName(name) && value.length >= MIN_SECRET_LENGTH && !path.isAbsolute(value)) rememberSecret(value)
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'command not found'
  return error.code === 'EACCES' ? 'permission denied' : (error.code ?? error.name)
}

/** As a shell would see it without us. Returns where the signal does not end this process. */
async function endBy(signal: NodeJS.Signals): Promise<void> {
  if (constants.signals[signal] === undefined) return
  process.kill(process.pid, signal)
  await new Promise((resolve) => setTimeout(resolve, SIGNAL_MILLIS))
}
