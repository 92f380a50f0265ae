/** `uptrace-node export`, `import` and `clear`: telemetry as files, and none at all. */
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { plural } from '../format.ts'
import { NoViewerError, type ViewerClient } from '../process/client.ts'
import { UsageError } from '../process/start.ts'
import { clean } from '../terminal/clean.ts'
import { type Definition, SERVICE_OPTION, SINCE_OPTION, sinceOf } from './frame.ts'

export const exportCommand: Definition = {
  usage: '[query] [options]',
  about:
    'Writes traces that meet a query, their logs, and metrics: one OTLP JSON request a line. Without a query, everything.',
  options: {
    output: { type: 'string', short: 'o', value: '<file>', help: 'where to, default the standard output' },
    signals: { type: 'string', value: '<list>', help: 'default traces,logs,metrics' },
    ...SINCE_OPTION,
    ...SERVICE_OPTION,
  },
  examples: ["export 'status:error' -o errors.jsonl", 'export --signals traces | gzip > traces.jsonl.gz'],
  async run({ client, query, values, signal }) {
    const parameters = {
      q: query,
      signals: values['signals'] as string | undefined,
      from: sinceOf(values),
      service: values['service'] as readonly string[] | undefined,
    }
    const { body } = await client.download('export', parameters, signal)
    if (body === null) return 0
    const source = Readable.fromWeb(body as unknown as ReadableStream)
    const file = values['output'] as string | undefined
    if (file !== undefined) await pipeline(source, createWriteStream(file, { mode: 0o600 }))
    else await pipeline(source, process.stdout, { end: false })
    return 0
  },
}

export const importCommand: Definition = {
  usage: '<file…>',
  about: 'Stores files of telemetry: what `export` writes, and whatever the viewer reads. `-` is the standard input.',
  options: {},
  examples: ['import traces.jsonl logs.jsonl.gz', 'import - < traces.jsonl'],
  async run({ client, words, print }) {
    if (words.length === 0) throw new UsageError('a file is needed, or - for the standard input')
    let failed = 0
    for (const file of words) {
      try {
        print(`${clean(file)}: ${await importFile(client, file)}`)
      } catch (error) {
        if (error instanceof NoViewerError) throw error
        failed++
        process.stderr.write(`uptrace-node: ${clean(file)}: ${clean((error as Error).message)}\n`)
      }
    }
    return failed > 0 ? 1 : 0
  },
}

async function importFile(client: ViewerClient, file: string): Promise<string> {
  const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file)
  const { spans, logs, metricPoints, rejected, traceId } = await client.import(bytes)
  const counts = [plural(spans, 'span'), plural(logs, 'log record'), plural(metricPoints, 'metric point')]
  const refused = rejected > 0 ? `, ${rejected} refused` : ''
  const address = traceId === null ? '' : `  ${client.url}/traces/${traceId}`
  return `${counts.join(', ')}${refused}${address}`
}

export const clear: Definition = {
  usage: '[--yes]',
  about: 'Deletes everything that the viewer holds. Asks first; without a terminal it needs --yes.',
  options: { yes: { type: 'boolean', short: 'y', help: 'do not ask' } },
  async run({ client, values, words, print, signal }) {
    if (words.length > 0) throw new UsageError(`unexpected ${JSON.stringify(words[0])}`)
    if (!values['yes']) {
      if (!process.stdin.isTTY) throw new UsageError('nobody can be asked here: add --yes to delete everything')
      const { storage } = await client.get('status', {}, signal)
      const lines = createInterface({ input: process.stdin, output: process.stderr })
      const answer = await lines.question(`Delete ${plural(storage.traces, 'trace')} and all else? [y/N] `, { signal })
      lines.close()
      if (!/^y(es)?$/i.test(answer.trim())) return 1
    }
    await client.clear()
    print('The viewer is empty.')
    return 0
  },
}
