/** `uptrace-node compare`: two runs of a program, or the list of runs. */
import type { ComparedOperation, ComparedQueries, ComparedRun, Insight, ProgramRun, RunComparison } from '../api.ts'
import { ago, digits, duration, plural } from '../format.ts'
import { UsageError } from '../process/start.ts'
import { chanceText, changesOf, findingText } from '../terminal/run-summary.ts'
import { type Column, inlineMarkdown, markdownTable, tableLines } from '../terminal/table.ts'
import { type Context, type Definition, JSON_OPTION, limitOption, MARKDOWN_OPTION, numberOf } from './frame.ts'

const RUNS: readonly Column<ProgramRun>[] = [
  { title: 'run', of: ({ id }) => id },
  { title: 'started', of: ({ firstUs }) => ago(firstUs) },
  { title: 'services', of: ({ services }) => services.join(', ') },
  { title: 'processes', optional: true, of: ({ processes }) => String(processes), right: true },
  { title: 'spans', of: ({ spans }) => String(spans), right: true },
  { title: 'command', of: ({ command }) => shortCommand(command ?? ''), grows: true },
]
const VERDICTS: Readonly<Record<ComparedOperation['verdict'], string>> = {
  slower: 'slower',
  faster: 'faster',
  same: '',
  'too-few': 'too few calls',
  added: 'new',
  gone: 'gone',
}
const OPERATIONS: readonly Column<ComparedOperation>[] = [
  { title: 'operation', of: ({ name }) => name, grows: true },
  { title: 'kind', optional: true, of: ({ kind }) => kind },
  { title: 'service', optional: true, of: ({ service }) => service },
  { title: 'calls', of: ({ a, b }) => `${a?.calls ?? 0} → ${b?.calls ?? 0}`, right: true },
  { title: 'median', of: ({ a, b }) => `${duration(a?.p50Ns)} → ${duration(b?.p50Ns)}`, right: true },
  { title: 'p95', optional: true, of: ({ a, b }) => `${duration(a?.p95Ns)} → ${duration(b?.p95Ns)}`, right: true },
  {
    title: '',
    of: ({ verdict }) => VERDICTS[verdict],
    colour: ({ verdict }) => (verdict === 'slower' ? 'yellow' : verdict === 'faster' ? 'green' : 'dim'),
  },
  { title: 'chance', optional: true, of: ({ pValue }) => (pValue === null ? '' : chanceText(pValue)) },
]
const QUERIES: readonly Column<ComparedQueries>[] = [
  { title: 'a request', of: ({ a, b }) => `${digits(a)} → ${digits(b)}`, right: true },
  { title: 'operation', of: ({ operation }) => operation },
  { title: 'statement', of: ({ statement }) => statement, grows: true },
]

export const compare: Definition = {
  usage: '[before] [after] [options]',
  about: `Compares two runs of a program: operations that became slower or faster, new errors, new N+1, queries a request.
A run is one start of a program. Default are the newest and the one before of the same service. The beginning of an id will do.
An operation is called slower or faster when the Mann-Whitney rank test, corrected for the number of operations, leaves a chance
below 1 %, and the medians differ by a tenth at least.`,
  options: {
    list: { type: 'boolean', help: 'list the runs instead' },
    fail: { type: 'boolean', help: 'exit code 1 when anything is worse' },
    ...limitOption(20),
    ...JSON_OPTION,
    ...MARKDOWN_OPTION,
  },
  examples: ['compare', 'compare --list', 'compare 3f9a 71c0 --markdown'],
  async run(context) {
    const { client, values, words, print, screen, signal } = context
    const limit = numberOf(values, 'limit', 20, 500)
    if (values['list']) {
      const { programs } = await client.get('runs', {}, signal)
      const rows = programs.slice(0, limit)
      if (values['json']) print(JSON.stringify(rows, null, 2))
      else print(...(values['markdown'] ? markdownTable(RUNS, rows) : tableLines(RUNS, rows, screen)))
      return 0
    }
    if (words.length > 2) throw new UsageError('two runs are compared, not more')
    const [a, b] = words.length === 1 ? [words[0], undefined] : words
    const comparison = await client.get('compareRuns', { a, b }, signal)
    if (values['json']) print(JSON.stringify(comparison, null, 2))
    else if (comparison.a === null) {
      process.stderr.write('There is no run before to compare with.\n')
      return 1
    } else print(...report(context, comparison, comparison.a, limit))
    return values['fail'] && changesOf(comparison).some(({ isWorse }) => isWorse) ? 1 : 0
  },
}

function report({ values, screen }: Context, comparison: RunComparison, a: ComparedRun, limit: number): string[] {
  const isMarkdown = values['markdown'] === true
  const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]) =>
    isMarkdown ? markdownTable(columns, rows) : tableLines(columns, rows, screen)
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0
      ? []
      : ['', isMarkdown ? `## ${title}` : screen.paint('bold', title), ...(isMarkdown ? [''] : []), ...lines]
  const { operations, findings, queries } = comparison
  const list = (insights: readonly Insight[]) =>
    insights.slice(0, limit).map((insight) => {
      const text = `${insight.count}× ${insight.kind === 'n+1' ? '' : `${insight.kind}: `}${findingText(insight)}`
      return isMarkdown ? `- ${inlineMarkdown(text)}` : `  ${text}`
    })
  return [
    ...(isMarkdown ? ['# Run against run', ''] : []),
    `${isMarkdown ? '- ' : ''}before ${runText(a)}`,
    `${isMarkdown ? '- ' : ''}after  ${runText(comparison.b)}`,
    ...section('Operations', operations.length === 0 ? [] : table(OPERATIONS, operations.slice(0, limit))),
    ...section('New', list(findings.added)),
    ...section('Gone', list(findings.gone)),
    ...section('Queries a request', queries.length === 0 ? [] : table(QUERIES, queries.slice(0, limit))),
  ]
}

/** Paths of Node.js and of what lies below this folder say nothing new. */
function shortCommand(command: string): string {
  return command.replace(/^\S*[\\/](node(?:\.exe)?)(?= |$)/, '$1').replaceAll(`${process.cwd()}/`, '')
}

function runText({ id, firstUs, traces, failed, sampled }: ComparedRun): string {
  const counted = `${sampled === null ? '' : 'the newest '}${plural(traces, 'trace')}, ${failed} with an error`
  return `${id}  started ${ago(firstUs)}: ${counted}`
}
