/**
 * Program of the thread that watches the main one: where its pulse stops it takes the stack through the inspector. The main thread is asked what it
 * does by an expression that it evaluates where it stands, so it knows which span is active there.
 */
import { type Debugger, Session } from 'node:inspector'
import { workerData } from 'node:worker_threads'
import { type Frame, MAIN_PULSE, STACK_CHANNEL, type WatchWork, WORKER_PULSE } from './protocol.ts'

const MAX_FRAMES = 30
/** A stack costs the main thread some milliseconds. */
const PAUSE_MILLIS = 1_000

const { pulses, pollMillis, thresholdMillis } = workerData as WatchWork
const counts = new Int32Array(pulses)
let last = -1
let since = performance.now()
let isTaken = false
let takenAt = Number.NEGATIVE_INFINITY

setInterval(() => {
  Atomics.add(counts, WORKER_PULSE, 1)
  const now = performance.now()
  const pulse = Atomics.load(counts, MAIN_PULSE)
  if (pulse !== last) {
    last = pulse
    since = now
    isTaken = false
  } else if (pulse > 0 && !isTaken && now - since >= thresholdMillis && now - takenAt >= PAUSE_MILLIS) {
    isTaken = true
    takenAt = now
    takeStack(pulse)
  }
}, pollMillis)

function takeStack(pulse: number): void {
  const session = new Session()
  const files = new Map<string, string>()
  session.connectToMainThread()
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => void files.set(scriptId, url))
  session.on('Debugger.paused', ({ params: { callFrames } }) => {
    const [top] = callFrames
    const end = (): void => {
      session.post('Debugger.resume')
      session.disconnect()
    }
    if (top === undefined) end()
    else {
      const frames = callFrames.slice(0, MAX_FRAMES).map((frame) => toFrame(frame, files))
      const message = JSON.stringify(JSON.stringify({ pulse, frames }))
      const channel = `globalThis.process.getBuiltinModule('node:diagnostics_channel').channel('${STACK_CHANNEL}')`
      const expression = `${channel}.publish(${message})`
      session.post('Debugger.evaluateOnCallFrame', { callFrameId: top.callFrameId, expression, silent: true }, end)
    }
  })
  session.post('Debugger.enable')
  session.post('Debugger.pause')
}

function toFrame({ functionName, location }: Debugger.CallFrame, files: ReadonlyMap<string, string>): Frame {
  return {
    name: functionName,
    file: files.get(location.scriptId) ?? '',
    line: location.lineNumber + 1,
    column: (location.columnNumber ?? 0) + 1,
  }
}
