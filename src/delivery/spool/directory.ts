/** The spool's directory and its files are private to the user of this process, or they are not used: what lies there is sent with our token. */
import fs from 'node:fs'
import path from 'node:path'

const OTHERS_MAY_WRITE = 0o022
/** Larger than any request. */
const MAX_FILE_BYTES = 64 * 1024 * 1024

/** Why something is not used, in words for its owner. */
export class UnsafeError extends Error {}

/** What decides about a directory or a file. */
export interface Ownership {
  readonly uid: number
  readonly mode: number
}

/** @returns what is wrong with it, or undefined. Windows has neither users of this kind nor modes: `ownUid` is undefined there. */
export function findFault({ uid, mode }: Ownership, ownUid: number | undefined): string | undefined {
  if (ownUid === undefined) return undefined
  if (uid !== ownUid) return `it belongs to user ${uid}, and this process runs as user ${ownUid}`
  if ((mode & OTHERS_MAY_WRITE) !== 0)
    return `others may write to it (mode ${(mode & 0o777).toString(8)}): chmod go-w makes it private`
  return undefined
}

export const ownUid = (): number | undefined => process.geteuid?.()

/** Creates the directory where it is missing. @throws UnsafeError when others could have put something there */
export function ensureDirectory(directory: string): void {
  if (!isPrivateDirectory(directory)) makeDirectories(directory)
  if (!isPrivateDirectory(directory)) throw new UnsafeError('it does not stay')
}

/** Makes the folders one by one. The option `recursive` would let Node try for ever where a parent takes no entries, as /proc does. */
function makeDirectories(directory: string): void {
  const parent = path.dirname(directory)
  if (parent !== directory && !fs.existsSync(parent)) makeDirectories(parent)
  try {
    fs.mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    // another process may have been faster
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** @returns false when there is none. @throws UnsafeError */
export function isPrivateDirectory(directory: string): boolean {
  const link = fs.lstatSync(directory, { throwIfNoEntry: false })
  if (!link) return false
  if (link.isSymbolicLink()) {
    // its owner may turn it to another place at any time; the mode of a link means nothing
    const fault = link.uid === 0 ? undefined : findFault({ uid: link.uid, mode: 0 }, ownUid())
    if (fault) throw new UnsafeError(`it is a link, and ${fault}`)
  }
  const target = fs.statSync(directory)
  if (!target.isDirectory()) throw new UnsafeError('it is not a directory')
  const fault = findFault(target, ownUid())
  if (fault) throw new UnsafeError(fault)
  return true
}

/** Whether an entry that is none of ours was put there by somebody else. */
export function findStranger(entry: string): string | undefined {
  const stats = fs.lstatSync(entry, { throwIfNoEntry: false })
  return stats && findFault(stats.isSymbolicLink() ? { uid: stats.uid, mode: 0 } : stats, ownUid())
}

/** @returns undefined when the file is gone. @throws UnsafeError when another user could have written it */
export function readPrivate(file: string): Buffer | undefined {
  let descriptor: number
  try {
    // no link is followed, and a pipe does not block
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants
    descriptor = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'ELOOP' || code === 'EMLINK') throw new UnsafeError('it is a link')
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENXIO' || code === 'EISDIR')
      throw new UnsafeError(`it can't be opened (${code})`)
    throw error
  }
  try {
    // the opened file is asked, not its name, under which another could lie by now
    const stats = fs.fstatSync(descriptor)
    if (!stats.isFile() || stats.size > MAX_FILE_BYTES) throw new UnsafeError('it is no file of this package')
    const fault = findFault(stats, ownUid())
    if (fault) throw new UnsafeError(fault)
    return fs.readFileSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Writes under `draft`, then renames: under its own name a file is always whole. */
export function writePrivate(directory: string, draft: string, name: string, bytes: Buffer): void {
  const temporary = path.join(directory, draft)
  try {
    // fails where something has this name already, a link too
    fs.writeFileSync(temporary, bytes, { mode: 0o600, flag: 'wx' })
    fs.renameSync(temporary, path.join(directory, name))
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
}
