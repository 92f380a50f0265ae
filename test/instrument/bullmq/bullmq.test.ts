/** BullMQ on a real Redis: a job continues the trace of whoever added it. */
import { expect, test } from 'vitest'
import { parentOf, runWays, spansOf } from '../ways.ts'

const isThere = process.env['UPTRACE_TEST_REDIS_URL'] !== undefined

const BODY = `
const { Queue, Worker, FlowProducer, QueueEvents } = bullmq; const url = new URL(process.env.UPTRACE_TEST_REDIS_URL)
const connection = { host: url.hostname, port: Number(url.port) }; const name = 'mails-' + process.pid
const queue = new Queue(name, { connection }); const flows = new FlowProducer({ connection }); const done = []; let left = 6
let finish; const all = new Promise((resolve) => { finish = resolve })
const settle = (text) => { done.push(text); if (--left === 0) finish() }
const worker = new Worker(name, async (job) => { tracer.startSpan('work on ' + job.name).end(); if (job.name === 'bad') throw new Error('no such address'); return 'secret' }, { connection, concurrency: 1 })
worker.on('completed', (job) => settle(job.name)).on('failed', (job, error) => settle(job.name + ': ' + error.message))
await inSpan('request', async () => {
  await queue.add('welcome', { to: 'secret' }); await queue.addBulk([{ name: 'one', data: {} }, { name: 'two', data: {} }]); await queue.add('bad', {})
  await flows.add({ name: 'parent', queueName: name, children: [{ name: 'child', queueName: name }] })
})
await all; print(done.sort()); print([queue.add.length, 'telemetry' in queue.opts, Object.keys(flows).includes('telemetry'), queue.trace.name])
await worker.close(); await queue.obliterate({ force: true }); await queue.close(); await flows.close()
`

test.runIf(isThere)('a job continues its producer, and the program is the same', async () => {
  for (const seen of (await runWays({ libraries: [['bullmq', 'bullmq']], body: BODY })).values()) {
    const spans = spansOf(seen, 'uptrace-node/bullmq')
    const request = seen.spans.find(({ name }) => name === 'request')!
    expect(spans.filter(({ trace }) => trace !== request.trace)).toEqual([])
    const jobs = spans.filter(({ kind }) => kind === 4)
    expect(jobs).toHaveLength(6)
    const parents = jobs.map(
      (job) => `${job.attributes['bullmq.job.name']} < ${parentOf(seen, job)?.replace(/-\d+/, '')}`,
    )
    expect(parents.sort()).toEqual([
      'bad < add mails.bad',
      'child < addNode mails',
      'one < addBulk mails',
      'parent < addNode mails',
      'two < addBulk mails',
      'welcome < add mails.welcome',
    ])
    for (const span of seen.spans.filter(({ name }) => name.startsWith('work on')))
      expect(parentOf(seen, span)).toMatch(/^process mails/)
    const bad = jobs.find(({ attributes }) => attributes['bullmq.job.name'] === 'bad')!
    expect(bad.status).toEqual({ code: 2, message: 'no such address' })
    expect(bad.attributes).toMatchObject({
      'messaging.system': 'bullmq',
      'messaging.operation.type': 'process',
      'messaging.destination.name': expect.stringContaining('mails-'),
    })
    expect(JSON.stringify(spans)).not.toContain('secret')
  }
})
