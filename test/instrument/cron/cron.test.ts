/** Schedulers: each run is a root span, whoever has started the schedule. */
import { expect, test } from 'vitest'
import { parentOf, runWays, spansOf } from '../ways.ts'

const WORK = `let count = 0; let finish; const all = new Promise((r) => { finish = r })
const work = async () => { tracer.startSpan('work').end(); await pause(2); print('run ' + ++count); if (count === 2) finish() }`
const SCHEDULERS = [
  [
    'cron',
    ['CronJob', 'cron', 'CronJob'],
    `const job = CronJob.from({ cronTime: '* * * * * *', onTick: work, name: 'mails', start: true }); await all; job.stop(); print([job.name, typeof job.fireOnTick])`,
  ],
  [
    'croner',
    ['Cron', 'croner', 'Cron'],
    `const job = new Cron('* * * * * *', { name: 'mails' }, work); await all; job.stop(); print(job.name)`,
  ],
  [
    'node-cron',
    ['schedule', 'node-cron', 'schedule'],
    `const task = schedule('* * * * * *', work, { name: 'mails' }); await all; task.stop(); print([task.name, schedule.length])`,
  ],
] as const

test.for(SCHEDULERS)('%s: a root span for each run', async ([name, library, body]) => {
  // the function is taken from the package before it can be replaced
  const ways = name === 'node-cron' ? (['cjs', 'mjs'] as const) : undefined
  const all = await runWays({
    libraries: [library],
    body: `${WORK}\nawait inSpan('start', async () => { ${body} })`,
    ...(ways && { ways }),
  })
  for (const seen of all.values()) {
    const spans = spansOf(seen, `uptrace-node/${name}`)
    expect(spans).toHaveLength(2)
    for (const span of spans) {
      expect([span.name, span.parent, span.status.code]).toEqual(['cron mails', undefined, 0])
      expect(span.attributes).toEqual({ 'cron.job.name': 'mails', 'cron.job.schedule': '* * * * * *' })
    }
    for (const work of seen.spans.filter((span) => span.name === 'work'))
      expect(parentOf(seen, work)).toBe('cron mails')
  }
})

test('a run that fails says so, and the scheduler hears of it', async () => {
  const body = `const failed = new Promise((r) => { const job = CronJob.from({ cronTime: '* * * * * *', onTick: () => { throw new TypeError('no') }, start: true, errorHandler: (error) => { print(error.message); job.stop(); r() } }) }); await failed`
  for (const seen of (await runWays({ libraries: [['CronJob', 'cron', 'CronJob']], body })).values())
    expect(spansOf(seen, 'uptrace-node/cron')).toMatchObject([
      { name: 'cron * * * * * *', status: { code: 2, message: 'no' }, attributes: { 'error.type': 'TypeError' } },
    ])
})
