/** A program that is profiled and is the viewer of itself: plays the situation that its argument names, and prints what arrived. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { createProfiler } from '../../../src/signals/profiles/profiler.ts'
import type { ProfileReport } from '../../../src/viewer/api.ts'

const accepted: ProfileReport[] = []
const refused: ProfileReport[] = []
let isRefusing = false
const server = http.createServer(async (request, response) => {
  const chunks = await request.toArray()
  const list = isRefusing ? refused : accepted
  list.push(JSON.parse(Buffer.concat(chunks).toString()))
  response.writeHead(isRefusing ? 500 : 204).end()
})
await new Promise<void>((resolve) => server.listen(0, resolve))

const resource = { attributes: { 'service.name': 'shop' }, asyncAttributesPending: false }
const url = `http://localhost:${(server.address() as AddressInfo).port}`
const headers: Record<string, string> = {}
const profiler = createProfiler({ url, headers, resource: resource as never })

const situations: Record<string, () => Promise<void>> = {
  async saturated() {
    const until = performance.now() + 15_000
    while (accepted.length === 0 && performance.now() < until) {
      run(60)
      await setImmediate()
    }
  },
  async mocked() {
    const { request } = http
    const mock = (): never => {
      throw new RangeError('a mock')
    }
    Object.assign(http, { request: mock })
    await flushed()
    Object.assign(http, { request })
    await flushed()
  },
  async thrown() {
    headers['x-broken'] = '\n'
    await flushed()
    delete headers['x-broken']
    await flushed()
  },
  async refused() {
    isRefusing = true
    await Promise.all([flushed(), flushed()])
    isRefusing = false
    await Promise.all([flushed(), flushed()])
    await flushed()
  },
  async pending() {
    resource.asyncAttributesPending = true
    await flushed()
    resource.asyncAttributesPending = false
    await flushed()
  },
}
await situations[process.argv[2]!]!()
const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0)
const printed = {
  reports: accepted.length,
  told: sum(accepted.map(({ lost = 0 }) => lost)),
  refused: sum(refused.map(({ samples }) => samples.length)),
  endsMillisAgo: Date.now() - accepted.at(-1)!.endUs / 1000,
}
process.stdout.write(JSON.stringify(printed), () => process.exit())

function run(millis: number): void {
  for (const until = Date.now() + millis; Date.now() < until; );
}

function flushed(): Promise<void> {
  run(100)
  return profiler.forceFlush()
}
