/** What others could have put into the spool is not sent with our token, and a directory where they could is not used. */
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findFault } from '../../../src/delivery/spool/directory.ts'
import { formatFileName, parseFileName, parseHelperName } from '../../../src/delivery/spool/file-name.ts'
import { type Sink, startSink } from '../../faults/sink.ts'
import { sleep, startDelivery, until } from '../support.ts'

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
let sink: Sink
let home: string
let directory: string
let lines: string[]
beforeEach(async () => {
  sink = await startSink()
  home = mkdtempSync(path.join(tmpdir(), 'uptrace-spool-'))
  directory = path.join(home, 'spool')
  lines = []
  // not `configureLog`: from source, a part that is loaded late has a log module of its own
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text).trimEnd()) > 0)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await sink.close()
  rmSync(home, { recursive: true, force: true })
})

const start = () => startDelivery([sink.destination('traces')], { spoolDirectory: directory })

/** Leaves one request of ten spans. */
async function leaveRequest(): Promise<string> {
  await sink.stop()
  const { delivery, createSpans } = start()
  createSpans(10)
  await delivery.shutdown({ timeoutMillis: 10 })
  await sink.start()
  lines.length = 0
  return path.join(directory, readdirSync(directory).find((name) => name.endsWith('.otlp'))!)
}

const UNSAFE: Array<[string, () => void]> = [
  ['writable for all', () => chmodSync(directory, 0o777)],
  ['writable for all, with the sticky bit', () => chmodSync(directory, 0o1777)],
  ['writable for the group', () => chmodSync(directory, 0o770)],
  [
    'a link to one that is writable for all',
    () => {
      renameSync(directory, `${directory}-real`)
      chmodSync(`${directory}-real`, 0o777)
      symlinkSync(`${directory}-real`, directory)
    },
  ],
]
// only root can give a folder away
if (isRoot) {
  UNSAFE.push(
    ['of another user', () => chownSync(directory, NOBODY, NOBODY)],
    [
      'a link to one of another user',
      () => {
        renameSync(directory, `${directory}-real`)
        chownSync(`${directory}-real`, NOBODY, NOBODY)
        symlinkSync(`${directory}-real`, directory)
      },
    ],
  )
}

test.for(UNSAFE)('a directory that is %s: one line, nothing is read or written', async ([, spoil]) => {
  await leaveRequest()
  spoil()
  const before = readdirSync(directory)
  const { delivery, createSpans } = start()
  sink.behaviour = 'hang'
  createSpans(5)
  await sleep(1500)
  expect(delivery.health().signals.traces).toMatchObject({ replayed: 0, spooled: 0 })
  expect(sink.requests).toHaveLength(1)
  expect(lines.filter((line) => line.includes('spool'))).toEqual([
    expect.stringMatching(/^uptrace: the spool directory \S+ is not used: .*; telemetry waits in memory only$/),
  ])
  expect(readdirSync(directory)).toEqual(before)
  await delivery.shutdown({ timeoutMillis: 10 })
})

const PLANTED: Array<[string, (file: string) => void]> = [
  [
    'a link',
    (file) => {
      renameSync(file, path.join(home, 'elsewhere'))
      symlinkSync(path.join(home, 'elsewhere'), file)
    },
  ],
  [
    'a directory',
    (file) => {
      rmSync(file)
      mkdirSync(file)
    },
  ],
  ['writable for all', (file) => chmodSync(file, 0o666)],
]
if (isRoot) PLANTED.push(['of another user', (file) => chownSync(file, NOBODY, NOBODY)])

test.for(PLANTED)('a request that is %s is left alone, with one line', async ([, spoil]) => {
  const file = await leaveRequest()
  spoil(file)
  const { delivery, createSpans } = start()
  createSpans(5)
  await until(() => delivery.health().spoolSkipped === 1)
  await delivery.forceFlush()
  expect(sink.items('traces')).toHaveLength(5)
  expect(lines.filter((line) => line.includes('spool'))).toEqual([
    expect.stringMatching(/ in the spool directory is left alone: (it|others) /),
  ])
  expect(existsSync(file)).toBe(true)
  await delivery.shutdown()
})

test.runIf(isRoot).for(['notes.txt', 'taken-0123456789ab', '4711-0123456789ab'])(
  '%s of another user: one line, nothing in it is sent',
  async (name) => {
    const file = await leaveRequest()
    mkdirSync(path.join(directory, name))
    linkSync(file, path.join(directory, name, path.basename(file)))
    chownSync(path.join(directory, name), NOBODY, NOBODY)
    const { delivery } = start()
    await until(() => delivery.health().signals.traces!.delivered === 10)
    await sleep(300)
    expect(sink.items('traces')).toHaveLength(10)
    expect(lines.filter((line) => line.includes('spool'))).toEqual([
      expect.stringContaining(`it belongs to user ${NOBODY}`),
    ])
    await delivery.shutdown()
  },
)

test('a parent that is a file, a name that is too long: memory only', async () => {
  writeFileSync(directory, '')
  for (const bad of [path.join(directory, 'inner'), path.join(home, 'x'.repeat(300))]) {
    const { delivery, createSpans } = startDelivery([sink.destination('traces')], { spoolDirectory: bad })
    createSpans(5)
    await delivery.forceFlush()
    expect(delivery.health().signals.traces).toMatchObject({ delivered: 5, spooled: 0 })
    await delivery.shutdown()
  }
})

test.for<[string, number, number, number | undefined, RegExp | undefined]>([
  ['own', 1000, 0o700, 1000, undefined],
  ['own, readable for all', 1000, 0o755, 1000, undefined],
  ['of another', 1001, 0o700, 1000, /belongs to user 1001/],
  ['of root', 0, 0o700, 1000, /belongs to user 0/],
  ['of a user, for root', 1000, 0o700, 0, /belongs to user 1000/],
  ['writable for the group', 1000, 0o720, 1000, /others may write/],
  ['on Windows, where modes mean nothing', 0, 0o777, undefined, undefined],
])('judges a directory that is %s', ([, uid, mode, self, fault]) => {
  if (fault) expect(findFault({ uid, mode }, self)).toMatch(fault)
  else expect(findFault({ uid, mode }, self)).toBeUndefined()
})

test('names hold what they say, sort by age, and are fit for every file system', () => {
  const name = { createdAt: 1_700_000_000_000, key: '0'.repeat(16), origin: 'a'.repeat(16), bytes: 12, sequence: 3 }
  const owner = 'f'.repeat(16)
  const text = formatFileName({ ...name, owner })
  expect(parseFileName(text)).toEqual({ ...name, owner })
  const largest = formatFileName({ ...name, owner, createdAt: Number.MAX_SAFE_INTEGER, bytes: 1e11, sequence: 2 ** 52 })
  expect(formatFileName({ ...name, owner, createdAt: -5 }) < text && text < largest).toBe(true)
  for (const one of [text, largest]) {
    expect(parseFileName(one)).toBeDefined()
    // what Windows refuses: reserved characters and device names, a dot or space at the end
    expect(one).toMatch(/^[0-9a-f-]+\.otlp$/)
    expect(path.win32.basename(path.win32.join('C:\\spool', one))).toBe(one)
    expect(one.length).toBeLessThan(143) // eCryptfs has the shortest names
  }
  for (const foreign of ['', 'con', '../x.otlp', `${text}.tmp`, text.toUpperCase(), '0000001732123-000001.otlp'])
    expect(parseFileName(foreign)).toBeUndefined()
  expect(parseHelperName(`${owner}.lock`)).toEqual({ owner, kind: 'lock' })
  expect(parseHelperName(`${owner}-12.tmp`)).toEqual({ owner, kind: 'tmp' })
  expect(parseHelperName('lock')).toBeUndefined()
})
