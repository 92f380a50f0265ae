/** Runs a program in the foreground for a command of the bin: signals are passed on, and how it ended is told. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { constants } from 'node:os'

/** How a program ended: by itself with a code, by a signal, or never started. */
export interface ChildResult {
  /** The exit code, or what a shell would make of the signal or the failed start. */
  readonly code: number
  readonly signal: NodeJS.Signals | undefined
  /** Why it could not be started. */
  readonly error: Error | undefined
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const
const FORWARDED_ON_WINDOWS = ['SIGINT', 'SIGTERM'] as const
/** What shells answer. */
const NOT_FOUND = 127
const NOT_EXECUTABLE = 126

/**
 * Starts a program and waits until it has ended. Never rejects.
 * @param onStart is called with the child before it can have written anything
 */
export function runChild(
  command: readonly string[],
  options: SpawnOptions,
  onStart?: (child: ChildProcess) => void,
): Promise<ChildResult> {
  const [program, ...args] = command
  const child = spawn(program!, args, options)
  onStart?.(child)
  const forward = (signal: NodeJS.Signals): void => {
    // a terminal sends Ctrl-C to both of us
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  const signals = process.platform === 'win32' ? FORWARDED_ON_WINDOWS : FORWARDED
  for (const signal of signals) process.on(signal, forward)
  return new Promise<ChildResult>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      // sending a signal may fail as well; the program runs on then
      if (child.pid !== undefined) return
      resolve({ code: error.code === 'EACCES' ? NOT_EXECUTABLE : NOT_FOUND, signal: undefined, error })
    })
    child.on('exit', (code, signal) =>
      resolve({
        code: code ?? 128 + (signal ? constants.signals[signal] : 0),
        signal: signal ?? undefined,
        error: undefined,
      }),
    )
  }).finally(() => {
    for (const signal of signals) process.removeListener(signal, forward)
  })
}
