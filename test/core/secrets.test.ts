/** Values of the environment that are much too long, and tokens that must not be shown. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { importsOf, run } from './support.ts'

describe.concurrent('C22', () => {
  test.for<[string, string, string]>([
    ['OTEL_TRACES_SAMPLER', 'a.', ''],
    ['OTEL_PROPAGATORS', 'a.', ''],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'a-', ''],
    ['OTEL_METRIC_EXPORT_INTERVAL', 'a_b.', ''],
    ['UPTRACE_DSN', 'a.', 'https://'],
  ])('C22 · %s of 120,000 characters blocks nothing, and its line is short', async ([name, unit, head]) => {
    const source = `${importsOf('cjs')} const at = performance.now(); configureOpentelemetry(); console.log(performance.now() - at); process.exit()`
    const value = head + unit.repeat(120_000 / unit.length)
    const env = {
      UPTRACE_DSN: 'http://t@127.0.0.1:9',
      [name]: value,
      OTEL_METRICS_EXPORTER: name.includes('METRIC') ? '' : 'none',
    }
    const { code, stdout, stderr } = await run('cjs', source, { env, timeoutMillis: 6_000 })
    expect(code).toBe(0)
    expect(Number(stdout)).toBeLessThan(2_000)
    expect(stderr).toMatch(/^uptrace: /)
    for (const line of stderr.split('\n')) expect(line.length).toBeLessThan(6_000)
  })
})

describe.concurrent('C23', () => {
  const TOKEN = 'tok3nOfTheProject9x'
  test.for<[string, string, string]>([
    ['https://host:TOKEN', `https://host.test:${TOKEN}`, ''],
    ['https://TOKEN', `https://${TOKEN}`, ''],
    ['https://TOKEN/1', `https://${TOKEN}/1`, ''],
    ['https://host:TOKEN of the code', '', `dsn: 'https://host.test:${TOKEN}'`],
  ])('C23 · a DSN %s that cannot be used does not show its token', async ([, variable, option]) => {
    const source = `${importsOf('cjs')} try { configureOpentelemetry({ ${option} }) } catch (error) { console.log(error) }`
    const { stdout, stderr } = await run('cjs', source, { env: variable ? { UPTRACE_DSN: variable } : {} })
    expect(stdout + stderr).toMatch(/DSN/)
    expect((stdout + stderr).toLowerCase()).not.toContain(TOKEN.toLowerCase())
  })

  test.for<[string, (dsn: string) => string]>([
    ['whole', (dsn) => `no project for ${dsn}`],
    ['in JSON', (dsn) => JSON.stringify({ message: `unknown dsn "${dsn}"` })],
    ['its token alone', () => `token ${TOKEN} is unknown`],
  ])('C23 · a back end that echoes the DSN, %s: neither the line nor lastError shows the token', async ([, answer]) => {
    let dsn = ''
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(400, { 'content-type': 'text/plain' }).end(answer(dsn)))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    dsn = `http://${TOKEN}@127.0.0.1:${(server.address() as AddressInfo).port}`
    const source = `${importsOf('mjs')} const telemetry = configureOpentelemetry({ dsn: '${dsn}', metricsEnabled: false })
      api.trace.getTracer('t').startSpan('s').end(); await forceFlush(); console.log(telemetry.health().signals.traces.lastError); process.exit()`
    const { stdout, stderr } = await run('mjs', source)
    server.closeAllConnections()
    server.close()
    expect(stdout).toMatch(/400/)
    expect(stderr).toMatch(/400/)
    expect(stdout + stderr).not.toContain(TOKEN)
  })
})
