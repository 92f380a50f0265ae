/** Answers the bench over the channel of the child process: where the program listens, and what it used so far. */
const { memoryUsage } = process

/** What `bench/profile.ts` asks for -> commands of the inspector. */
const COMMANDS = {
  'cpu start': [['Profiler.enable'], ['Profiler.setSamplingInterval', { interval: 200 }], ['Profiler.start']],
  'cpu stop': [['Profiler.stop']],
  'heap start': [
    [
      'HeapProfiler.startSampling',
      { samplingInterval: 4096, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true },
    ],
  ],
  'heap stop': [['HeapProfiler.stopSampling']],
}
let session

/** Answers with what the last command gives. */
async function inspect(commands) {
  const { Session } = require('node:inspector/promises')
  if (!session) {
    session = new Session()
    session.connect()
  }
  let result
  for (const [method, parameters] of commands) result = await session.post(method, parameters)
  process.send({ profile: result.profile })
}

/** Milliseconds that collections took; nobody looks unless the bench asks for it, since looking costs too. */
let gcMillis = 0
if (process.env.BENCH_GC) {
  const { PerformanceObserver } = require('node:perf_hooks')
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) gcMillis += duration
  }).observe({ entryTypes: ['gc'] })
}

exports.listening = (server) => {
  process.on('message', (question) => {
    if (COMMANDS[question]) return void inspect(COMMANDS[question])
    if (question === 'gc') globalThis.gc?.()
    const { user, system } = process.cpuUsage()
    const main = process.threadCpuUsage()
    process.send({
      cpuMicros: user + system,
      mainMicros: main.user + main.system,
      rss: memoryUsage.rss(),
      heapUsed: memoryUsage().heapUsed,
      gcMillis,
    })
  })
  process.on('disconnect', () => process.exit())
  process.send({ port: server.address().port })
}
