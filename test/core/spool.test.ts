/** The spool after many short starts, with many files, and in folders that others may write to. */
import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { runSpoolJob as job, requestsIn } from './spool-jobs.ts'
import { linesOf, namesOf, withFolder, withSink } from './support.ts'

const isRoot = process.getuid?.() === 0
const NOBODY = 65_534

/** Folders of a folder, and of those. */
const foldersIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
describe.concurrent('C7', () => {
  test('C7 · short jobs while the back end is down leave a flat folder, and nothing is lost', () =>
    withFolder((folder) =>
      withSink(async (sink) => {
        await sink.stop()
        for (let start = 0; start < 5; start++) await job(sink, folder, `job ${start}`, 250)
        expect(foldersIn(folder).filter((name) => name.includes(path.sep))).toEqual([])
        await sink.start()
        await job(sink, folder, 'last', 1_000)
        expect(namesOf(sink, 'traces')).toEqual([...Array.from({ length: 5 }, (_, start) => `job ${start}`), 'last'])
      }),
    ))

  test.for<[string, (folder: string) => void]>([
    [
      'a foreign folder that looks like one of a process which is gone',
      (folder) => {
        mkdirSync(path.join(folder, '4711-0123456789ab'))
        writeFileSync(path.join(folder, '4711-0123456789ab', 'notes.txt'), 'by hand')
      },
    ],
    [
      'a request to a back end that nobody knows any more',
      (folder) => {
        mkdirSync(path.join(folder, '4711-0123456789ab', 'taken-0123456789ab'), { recursive: true })
        writeFileSync(path.join(folder, '4711-0123456789ab', 'taken-0123456789ab', 'left.otlp'), 'torn')
      },
    ],
  ])('C7 · %s is where it was after five starts', ([, leave]) =>
    withFolder((folder) =>
      withSink(async (sink) => {
        chmodSync(folder, 0o700)
        leave(folder)
        const before = (readdirSync(folder, { recursive: true }) as string[]).sort()
        for (let start = 0; start < 5; start++) await job(sink, folder)
        expect((readdirSync(folder, { recursive: true }) as string[]).sort()).toEqual(before)
      }),
    ),
  )
})

describe.concurrent('C9', () => {
  const unsafe: Array<[string, (folder: string) => void]> = [
    ['writable for all', (folder) => chmodSync(folder, 0o777)],
    ['writable for its group', (folder) => chmodSync(folder, 0o770)],
    [
      'a link to one that is writable for all',
      (folder) => {
        renameSync(folder, `${folder}-real`)
        chmodSync(`${folder}-real`, 0o777)
        symlinkSync(`${folder}-real`, folder)
      },
    ],
  ]
  if (isRoot) unsafe.push(['of another user', (folder) => chownSync(folder, NOBODY, NOBODY)])
  test.for(unsafe)('C9 · a spool that is %s is refused with one line, and what was planted is not sent', ([, spoil]) =>
    withFolder((home) =>
      withSink(async (sink) => {
        const folder = path.join(home, 'spool')
        await sink.stop()
        await job(sink, folder, 'planted')
        expect(requestsIn(folder)).toHaveLength(1)
        spoil(folder)
        await sink.start()
        const result = await job(sink, folder, 'own', 1_000)
        expect(namesOf(sink, 'traces')).toEqual(['own'])
        expect(linesOf(result)).toEqual([expect.stringContaining('spool')])
      }),
    ),
  )
})
