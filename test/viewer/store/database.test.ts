import {
  chmodSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { closeDatabase, openDatabase } from '../../../src/viewer/store/database.ts'

describe('the file of the viewer', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'viewer-database-'))
    file = path.join(folder, 'viewer.db')
    const { database, kind } = openDatabase(file)
    expect(kind).toBe('disk')
    const insert = database.prepare('INSERT INTO str (v) VALUES (?)')
    for (let number = 0; number < 2000; number++) insert.run(`${'text '.repeat(20)}${number}`)
    closeDatabase(database)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const countTexts = (): number => {
    const { database, kind } = openDatabase(file)
    expect(kind).toBe('disk')
    const { n } = database.prepare('SELECT count(*) AS n FROM str').get() as { n: number }
    closeDatabase(database)
    return n
  }
  const wasOpenBeforeReboot = (): void => {
    const database = new DatabaseSync(file)
    database.exec(`INSERT INTO open_since VALUES ('another boot')`)
    database.close()
  }
  const damage = (): void => {
    const descriptor = openSync(file, 'r+')
    for (let page = 20; page < 32; page++) writeSync(descriptor, Buffer.alloc(8192, 0x5a), 0, 8192, page * 16_384)
    closeSync(descriptor)
  }

  test('is kept over a restart', () => {
    expect(countTexts()).toBe(2000)
  })

  test('is kept when the machine went down and nothing is missing', () => {
    wasOpenBeforeReboot()
    expect(countTexts()).toBe(2000)
  })

  const setAside = (): string[] => readdirSync(folder).filter((name) => name.includes('.unreadable-'))

  test('is set aside when the machine went down and pages are missing', () => {
    wasOpenBeforeReboot()
    damage()
    expect(countTexts()).toBe(0)
    expect(countTexts()).toBe(0)
    expect(setAside()).toHaveLength(1)
  })

  test.for<[title: string, spoil: () => void]>([
    ['is no database', () => writeFileSync(file, 'hello '.repeat(10_000))],
    ['is cut off', () => truncateSync(file, 40_000)],
    [
      'is of another schema',
      () => {
        const other = new DatabaseSync(file)
        other.exec('PRAGMA user_version = 99')
        other.close()
      },
    ],
  ])('that %s is set aside whole, never deleted', ([, spoil]) => {
    spoil()
    const { size } = statSync(file)
    expect(countTexts()).toBe(0)
    expect(setAside()).toHaveLength(1)
    expect(statSync(path.join(folder, setAside()[0]!)).size).toBe(size)
  })

  test.skipIf(process.getuid?.() !== 0)('of another user is not touched', () => {
    chownSync(file, 65_534, 65_534)
    const before = readFileSync(file)
    expect(openDatabase(file).kind).toBe('memory')
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('that others may read is closed to them', () => {
    chmodSync(file, 0o666)
    expect(countTexts()).toBe(2000)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('names the boot only while it is open', () => {
    const { database } = openDatabase(file)
    expect(database.prepare('SELECT count(*) AS n FROM open_since').get()).toEqual({ n: 1 })
    closeDatabase(database)
    const closed = new DatabaseSync(file)
    expect(closed.prepare('SELECT count(*) AS n FROM open_since').get()).toEqual({ n: 0 })
    closed.close()
  })
})
