/** What the doctor asks an endpoint: an empty request of the right kind. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDestination } from '../../src/config/create-destination.ts'
import type { Destination } from '../../src/config/destination.ts'
import { probe } from '../../src/diagnostics/probe.ts'

let server: Server
let asked: Array<{ type: string | undefined; body: string }> = []

beforeEach(async () => {
  asked = []
  server = createServer((incoming, answer) => {
    let body = ''
    incoming.on('data', (chunk) => {
      body += chunk
    })
    incoming.on('end', () => {
      asked.push({ type: incoming.headers['content-type'], body })
      answer.writeHead(202).end()
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

function destination(more: Partial<Destination>): Destination {
  const address = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`)
  return createDestination({
    signal: 'traces',
    address,
    headers: {},
    protocol: 'http/protobuf',
    compression: 'none',
    timeoutMillis: 1_000,
    tls: undefined,
    ...more,
  })
}

test.for([
  ['http/protobuf', 'application/x-protobuf', ''],
  ['http/json', 'application/json', '{}'],
  ['zipkin/json', 'application/json', '[]'],
] as const)('%s', async ([protocol, type, body]) => {
  expect(await probe(destination({ protocol }))).toMatchObject({ isOk: true, answer: '202, it takes telemetry' })
  expect(asked).toEqual([{ type, body }])
})

test('where requests are signed no unsigned one is sent', async () => {
  const signing = { service: 'xray', region: 'eu-west-1', signerFile: '', credentialsFile: '' }
  const { isOk, answer } = await probe(destination({ signing }))
  expect([isOk, answer, asked]).toEqual([
    true,
    'the port is open (requests are signed: credentials are not checked)',
    [],
  ])
})
