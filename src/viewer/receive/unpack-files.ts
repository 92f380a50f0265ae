/** The files that an imported file holds: itself, or what gzip, zstd or a zip (as Aspire exports) has packed; bounded in size. */
import * as zlib from 'node:zlib'
import { unzipSync } from 'fflate'
import { WireError } from '../../wire/wire-error.ts'
import { DEFAULT_BODY_LIMITS } from './body.ts'

const LIMIT = 4 * DEFAULT_BODY_LIMITS.maxDecodedBytes
/** A zip in gzip, and files of gzip in it. */
const MAX_DEPTH = 3
/** What Aspire and macOS put beside: descriptions of resources, and attributes of files. */
const ASIDE = /^(?:resources|__MACOSX)\/|(?:^|\/)\._[^/]*$/
const DATA = /\.(?:json|jsonl|ndjson|pb|binpb|gz|zst)$/i

/** @throws {WireError} when it can't be unpacked */
export function unpackFiles(bytes: Buffer, mostBytes = LIMIT, depth = 0): Buffer[] {
  const inner = openOne(bytes, mostBytes)
  if (inner === undefined) return [bytes]
  if (depth === MAX_DEPTH) throw new WireError('it is packed too many times over')
  let leftBytes = mostBytes
  return inner.flatMap((file) => {
    const files = unpackFiles(file, leftBytes, depth + 1)
    leftBytes -= files.reduce((sum, { length }) => sum + length, 0)
    if (leftBytes < 0) throw tooLarge()
    return files
  })
}

/** What is packed in it; undefined when it is not packed. */
function openOne(bytes: Buffer, mostBytes: number): Buffer[] | undefined {
  const maxOutputLength = Math.max(mostBytes, 1)
  const head = bytes.subarray(0, 4).toString('latin1')
  if (head.startsWith('\u001f\u008b')) return [unpack(() => zlib.gunzipSync(bytes, { maxOutputLength }))]
  // from Node 22.15 on
  if (head === '(\u00b5/\u00fd' && 'zstdDecompressSync' in zlib)
    return [unpack(() => zlib.zstdDecompressSync(bytes, { maxOutputLength }))]
  return head === 'PK\u0003\u0004' || head === 'PK\u0005\u0006' ? unzip(bytes, mostBytes) : undefined
}

function unzip(bytes: Buffer, mostBytes: number): Buffer[] {
  let total = 0
  const files = unpack(() =>
    unzipSync(bytes, {
      filter({ name, originalSize }) {
        const isData = DATA.test(name)
        if (isData) total += originalSize
        if (total > mostBytes) throw tooLarge()
        return isData
      },
    }),
  )
  const names = Object.keys(files)
  const telemetry = names.filter((name) => !ASIDE.test(name))
  const found = (telemetry.length > 0 ? telemetry : names).map((name) => files[name]!)
  if (found.length === 0) throw new WireError('there is no file of JSON or protobuf in this zip')
  return found.map((file) => Buffer.from(file.buffer, file.byteOffset, file.byteLength))
}

const tooLarge = () => new WireError(`it unfolds to more than ${LIMIT} bytes`)

function unpack<Value>(run: () => Value): Value {
  try {
    return run()
  } catch (error) {
    if (error instanceof WireError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : new WireError(`it can't be unpacked: ${message}`)
  }
}
